-- no join of a fact may lose or double a row
with counts as (
    select
        'pull requests' as what,
        (select count(*) from {{ ref('stg_bitbucket__pull_requests') }}) as staged,
        (select count(*) from {{ ref('bitbucket__fct_pull_requests') }}) as in_fact

    union all

    select
        'pipeline runs' as what,
        (select count(*) from {{ ref('stg_bitbucket__pipelines') }}) as staged,
        (select count(*) from {{ ref('bitbucket__fct_pipeline_runs') }}) as in_fact

    union all

    select
        'repositories' as what,
        (select count(*) from {{ ref('stg_bitbucket__repositories') }}) as staged,
        (select count(*) from {{ ref('bitbucket__dim_repositories') }}) as in_fact
)

select * from counts where staged <> in_fact
