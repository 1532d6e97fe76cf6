with pipeline_test_cases as ({{ raw('pipeline_test_cases') }})

select
    repository_uuid,
    pipeline_uuid,
    step_uuid,
    uuid as test_case_uuid,
    name as test_name,
    fully_qualified_name,
    package_name,
    status,
    duration as duration_iso8601,
    reason_message,
    reason_stack_trace,
    {{ row_state(below='pipeline_test_cases') }}
from pipeline_test_cases
