-- what the next build compares its own with
-- depends_on: {{ ref('int_bitbucket__builds') }}
select inputs.input_kind, inputs.input_key, inputs.input_value, '{{ invocation_id }}' as build_id
from {{ ref('int_bitbucket__inputs') }} as inputs
