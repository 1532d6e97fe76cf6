with pipeline_test_reports as ({{ raw('pipeline_test_reports') }})

select
    repository_uuid,
    pipeline_uuid,
    step_uuid,
    number_of_test_cases as test_count,
    number_of_successful_test_cases as successful_test_count,
    number_of_failed_test_cases as failed_test_count,
    number_of_error_test_cases as error_test_count,
    number_of_skipped_test_cases as skipped_test_count,
    {{ row_state(below='pipeline_test_reports') }}
from pipeline_test_reports
