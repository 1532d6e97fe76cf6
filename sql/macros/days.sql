{#- Days, weeks and months are cut in the zone of var `reporting_timezone`; nothing else knows a zone. -#}

{#- The day on which a UTC timestamp falls. -#}
{% macro reporting_day(timestamp_utc) -%}
    {{ return(adapter.dispatch('reporting_day', 'bitbucket_source')(timestamp_utc, var('reporting_timezone', 'UTC'))) }}
{%- endmacro %}

{% macro default__reporting_day(timestamp_utc, zone) -%}
    cast({{ bitbucket_source.default__reporting_time(timestamp_utc, zone) }} as date)
{%- endmacro %}

{% macro spark__reporting_day(timestamp_utc, zone) -%}
    cast(convert_timezone('UTC', '{{ zone }}', {{ timestamp_utc }}) as date)
{%- endmacro %}


{#- A day and a number of days after it. -#}
{% macro add_days(day, number) -%}
    {{ return(adapter.dispatch('add_days', 'bitbucket_source')(day, number)) }}
{%- endmacro %}

{% macro default__add_days(day, number) -%}
    cast({{ day }} + cast({{ number }} as integer) as date)
{%- endmacro %}

{% macro spark__add_days(day, number) -%}
    date_add({{ day }}, cast({{ number }} as int))
{%- endmacro %}


{#- How many days one day is after another. -#}
{% macro days_between(earlier, later) -%}
    {{ return(adapter.dispatch('days_between', 'bitbucket_source')(earlier, later)) }}
{%- endmacro %}

{% macro default__days_between(earlier, later) -%}
    ({{ later }} - {{ earlier }})
{%- endmacro %}

{% macro spark__days_between(earlier, later) -%}
    datediff({{ later }}, {{ earlier }})
{%- endmacro %}


{#- A UTC timestamp as the clocks of the reporting timezone show it. -#}
{% macro reporting_time(timestamp_utc) -%}
    {{ return(adapter.dispatch('reporting_time', 'bitbucket_source')(timestamp_utc, var('reporting_timezone', 'UTC'))) }}
{%- endmacro %}

{#- In UTC nothing is asked of the engine's calendar, which takes its time for each row. -#}
{% macro default__reporting_time(timestamp_utc, zone) -%}
    {%- if zone == 'UTC' -%}
        {{ timestamp_utc }}
    {%- else -%}
        ({{ timestamp_utc }} at time zone 'UTC' at time zone '{{ zone }}')
    {%- endif -%}
{%- endmacro %}

{% macro spark__reporting_time(timestamp_utc, zone) -%}
    convert_timezone('UTC', '{{ zone }}', {{ timestamp_utc }})
{%- endmacro %}


{#- Hours outside Saturdays and Sundays from Monday 1970-01-05 to a UTC timestamp, weekends being those of the reporting
    timezone: the difference of two is the hours between them without weekends. Where clocks change on a weekend, as in most
    zones, that is what they show; what they jump on a working day is taken off again. -#}
{% macro weekday_hours_until(timestamp_utc) -%}
    {%- set epoch = "cast('1970-01-05 00:00:00' as " ~ bitbucket_source.type_timestamp_utc() ~ ")" -%}
    {%- set seconds = bitbucket_source.seconds_between(epoch, bitbucket_source.reporting_time(timestamp_utc)) -%}
    (
        floor({{ seconds }} / 604800) * 120
        + least(({{ seconds }} - floor({{ seconds }} / 604800) * 604800) / 3600, 120)
        {%- for moment, hours in bitbucket_source.jumps_on_working_days(var('reporting_timezone', 'UTC')) %}
        - case when {{ timestamp_utc }} >= {{ bitbucket_source.utc_literal(moment) }} then {{ hours }} else 0 end
        {%- endfor %}
    )
{%- endmacro %}


{#- When the clocks of a zone changed, or will, from a Monday to a Friday, and by how many hours: since Bitbucket has pull
    requests, and for some years to come. -#}
{% macro jumps_on_working_days(zone) -%}
    {%- set jumps = [] -%}
    {%- set is_asked = execute and zone != 'UTC' and zone in modules.pytz.all_timezones -%}
    {%- set clocks = modules.pytz.timezone(zone if is_asked else 'UTC') -%}
    {%- set utc = modules.pytz.utc -%}
    {%- set first = modules.datetime.datetime(2010, 1, 1, 0, 0, 0, 0, utc) -%}
    {%- set day, quarter = modules.datetime.timedelta(days=1), modules.datetime.timedelta(minutes=15) -%}
    {%- for number in range(12000 if is_asked else 0) -%}
        {%- set start = first + day * number -%}
        {%- if start.astimezone(clocks).utcoffset() != (start + day).astimezone(clocks).utcoffset() -%}
            {%- for place in range(1, 97) -%}
                {%- set before = (start + quarter * (place - 1)).astimezone(clocks) -%}
                {%- set after = (start + quarter * place).astimezone(clocks) -%}
                {%- if before.utcoffset() != after.utcoffset() and after.weekday() < 5 -%}
                    {%- set hours = (after.utcoffset() - before.utcoffset()).total_seconds() / 3600 -%}
                    {%- do jumps.append((after.isoformat(), hours)) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(jumps) -%}
{%- endmacro %}


{#- The Monday of a day's week; 1970-01-05 was a Monday. -#}
{% macro week_start(day) -%}
    {%- set days = bitbucket_source.days_between("date '1970-01-05'", day) -%}
    {{ bitbucket_source.add_days(day, "-mod(mod(" ~ days ~ ", 7) + 7, 7)") }}
{%- endmacro %}


{#- The first day of a day's month. -#}
{% macro month_start(day) -%}
    make_date(cast(extract(year from {{ day }}) as integer), cast(extract(month from {{ day }}) as integer), 1)
{%- endmacro %}
