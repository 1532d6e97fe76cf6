{#- What is read out of free text: addresses of authors, keys of issues. -#}

{#- The first piece of a text that a regular expression matches; null where none does. -#}
{% macro first_match(text, pattern) -%}
    {{ return(adapter.dispatch('first_match', 'bitbucket_source')(text, pattern)) }}
{%- endmacro %}

{#- In parentheses, as Postgres gives back the first group where there is one. -#}
{% macro default__first_match(text, pattern) -%}
    substring({{ text }} from '({{ pattern | replace("'", "''") }})')
{%- endmacro %}

{% macro duckdb__first_match(text, pattern) -%}
    nullif(regexp_extract({{ text }}, '{{ pattern | replace("'", "''") }}'), '')
{%- endmacro %}

{#- A backslash in a text of Spark's is one where it is doubled. -#}
{% macro spark__first_match(text, pattern) -%}
    nullif(regexp_extract({{ text }}, '{{ pattern | replace("\\", "\\\\") | replace("'", "\\'") }}', 0), '')
{%- endmacro %}


{#- Whether a text matches an SQL pattern, in which a backslash takes its meaning from what follows. -#}
{% macro is_like(text, pattern) -%}
    {{ return(adapter.dispatch('is_like', 'bitbucket_source')(text, pattern)) }}
{%- endmacro %}

{% macro default__is_like(text, pattern) -%}
    {{ text }} like {{ pattern }}
{%- endmacro %}

{#- On DuckDB a backslash is one like any other letter unless it is told. -#}
{% macro duckdb__is_like(text, pattern) -%}
    {{ text }} like {{ pattern }} {% if pattern[:1] != "'" or "\\" in pattern %}escape '\'{% endif %}
{%- endmacro %}


{#- The e-mail address of a commit's author (`Name <address>`), in small letters; the whole text where it has none. -#}
{% macro email_of(author_raw) -%}
    lower(trim(
        case
            when position('<' in {{ author_raw }}) > 0
                then replace(substr({{ author_raw }}, position('<' in {{ author_raw }}) + 1), '>', '')
            else {{ author_raw }}
        end
    ))
{%- endmacro %}


{#- The key of a contributor as a list written by hand may have it: an account, or an address in any letters. -#}
{% macro contributor_key(user_uuid) -%}
    case when position('@' in {{ user_uuid }}) > 0 then lower(trim({{ user_uuid }})) else {{ user_uuid }} end
{%- endmacro %}


{#- The name of a commit's author (`Name <address>`). -#}
{% macro name_of(author_raw) -%}
    trim(
        case
            when position('<' in {{ author_raw }}) > 0
                then substr({{ author_raw }}, 1, position('<' in {{ author_raw }}) - 1)
            else {{ author_raw }}
        end
    )
{%- endmacro %}


{#- Whether a text, in small letters, matches one of the SQL patterns of a list; false where it is null. -#}
{% macro is_like_any(text, patterns) -%}
    (
        {%- for pattern in patterns %}
        {%- set literal = "'" ~ pattern | lower | replace("'", "''") ~ "'" %}
        coalesce({{ bitbucket_source.is_like('lower(' ~ text ~ ')', literal) }}, false) {{ "or" if not loop.last }}
        {%- else -%}
        false
        {%- endfor %}
    )
{%- endmacro %}


{#- A text to sort by, in the order of its characters' numbers: Postgres sorts as the language of its database does. -#}
{% macro in_code_order(text) -%}
    {{ return(adapter.dispatch('in_code_order', 'bitbucket_source')(text)) }}
{%- endmacro %}

{% macro default__in_code_order(text) -%} {{ text }} {%- endmacro %}

{% macro postgres__in_code_order(text) -%} {{ text }} collate "C" {%- endmacro %}


{#- The first or last of texts in that order (`min`, `max`). -#}
{% macro of_texts(aggregate, text) -%}
    {{ return(adapter.dispatch('of_texts', 'bitbucket_source')(aggregate, text)) }}
{%- endmacro %}

{% macro default__of_texts(aggregate, text) -%} {{ aggregate }}({{ text }}) {%- endmacro %}

{#- What comes of it is compared as any other text again. -#}
{% macro postgres__of_texts(aggregate, text) -%} {{ aggregate }}({{ text }} collate "C") collate "default" {%- endmacro %}
