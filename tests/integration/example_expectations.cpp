#include "integration/example_expectations.hpp"

namespace llmtrace::testing_support {

// clang-format off
std::vector<ExampleExpectation> example_expectations() {
  return {
      {"quickstart", "", R"tree(trace chat-request: ok project_id=support-bot user_id=u1 session_id=s9 tags=["demo"] span_count=7 error_count=1 tokens_input=1376 tokens_output=95 total_cost=0.00353
  chat-request: chain ok output_data=Your parcel left Lyon today and arrives on Thursday.
    support_agent: agent ok
      order_status: tool error error_type=timeout error=the order service did not answer
      order_status: tool ok output_data=shipped
      plan: llm ok model=gpt-4o-mini provider=openai tokens_input=214 tokens_output=38 cost_usd=5.5e-05 output_data=look up the order, then the delivery rules
      search_manual: retrieval ok output_data={"best":"delivery times","hits":3}
      write_answer: llm ok model=gpt-4o provider=openai tokens_input=1162 tokens_output=57 cost_usd=0.003475 output_data=Your parcel left Lyon today and arrives on Thursday.
)tree"},
      {"nested_agent", "", R"tree(trace agent-task: ok project_id=research user_id=user123 span_count=4 error_count=0 tokens_input=1500 tokens_output=500 total_cost=0.001
  agent-task: chain ok output_data=Two sources say so: quantum computing: a survey; quantum computing: an introduction
    agent-loop: agent ok
      search-tool: tool ok output_data={"hits":2}
      synthesize: llm ok model=claude-3-haiku-20240307 provider=anthropic tokens_input=1500 tokens_output=500 cost_usd=0.001 output_data={"answer":"Two sources say so: quantum computing: a survey; quantum computing: an introduction"}
)tree"},
      {"web_server", "3 of 4 requests served\n", R"tree(trace POST /chat: ok project_id=chat-server user_id=ada span_count=2 error_count=0 tokens_input=12 tokens_output=3 total_cost=3.6e-06
  POST /chat: chain ok attributes={"http.path":"/chat","http.status":200} output_data=Hello!
    chat gpt-4o-mini: llm ok model=gpt-4o-mini provider=openai operation=chat tokens_input=12 tokens_output=3 cost_usd=3.6e-06 output_data=Hello!
trace POST /chat: ok project_id=chat-server user_id=bob span_count=2 error_count=0 tokens_input=12 tokens_output=3 total_cost=3.6e-06
  POST /chat: chain ok attributes={"http.path":"/chat","http.status":200} output_data=Hello!
    chat gpt-4o-mini: llm ok model=gpt-4o-mini provider=openai operation=chat tokens_input=12 tokens_output=3 cost_usd=3.6e-06 output_data=Hello!
trace POST /typo: error project_id=chat-server user_id=dan span_count=1 error_count=1 error=no such path
  POST /typo: chain error error=no such path attributes={"http.path":"/typo","http.status":404}
trace without a header
  POST /chat: chain ok attributes={"http.path":"/chat","http.status":200,"user.id":"cy"} output_data=Hello!
    chat gpt-4o-mini: llm ok model=gpt-4o-mini provider=openai operation=chat tokens_input=12 tokens_output=3 cost_usd=3.6e-06 output_data=Hello!
)tree"},
      {"batch_job", "3 prompts, traces delivered\n", R"tree(trace batch-item-0: ok project_id=batch span_count=3 error_count=0 tokens_input=25 tokens_output=40 total_cost=0.00315
  batch-item-0: chain ok output_data=Processed prompt 0
    completion: llm ok model=gpt-4 tokens_input=25 tokens_output=40 cost_usd=0.00315 output_data=About Explain quantum computing
    embedding: embedding ok model=text-embedding-3-small output_data={"dimensions":1536}
trace batch-item-1: ok project_id=batch span_count=3 error_count=0 tokens_input=25 tokens_output=40 total_cost=0.00315
  batch-item-1: chain ok output_data=Processed prompt 1
    completion: llm ok model=gpt-4 tokens_input=25 tokens_output=40 cost_usd=0.00315 output_data=About What is machine learning?
    embedding: embedding ok model=text-embedding-3-small output_data={"dimensions":1536}
trace batch-item-2: ok project_id=batch span_count=3 error_count=0 tokens_input=28 tokens_output=40 total_cost=0.00324
  batch-item-2: chain ok output_data=Processed prompt 2
    completion: llm ok model=gpt-4 tokens_input=28 tokens_output=40 cost_usd=0.00324 output_data=About How do neural networks work?
    embedding: embedding ok model=text-embedding-3-small output_data={"dimensions":1536}
)tree"},
      {"batch_children", "3 queries\n", R"tree(trace batch_query_processing: ok project_id=batch span_count=4 error_count=1
  batch_query_processing: function ok attributes={"batch.failed":1,"batch.operation":"llm_processing","batch.size":3,"batch.successful":2}
    query_processing_0: llm ok attributes={"query.index":0,"query.result_length":25,"query.success":true,"query.text":"weather in Oslo"}
    query_processing_1: llm error error_type=std::invalid_argument error=the query is empty attributes={"query.index":1,"query.text":""}
    query_processing_2: llm ok attributes={"query.index":2,"query.result_length":25,"query.success":true,"query.text":"weather in Rome"}
)tree"},
      {"cli_tool", "positive\n", R"tree(trace text-analysis: ok project_id=cli span_count=2 error_count=0 tokens_input=31 tokens_output=1 total_cost=0.00099
  text-analysis: chain ok output_data=Analysis complete: positive
    sentiment: llm ok model=gpt-4 tokens_input=31 tokens_output=1 cost_usd=0.00099 parameters={"max_tokens":1,"temperature":0} output_data=positive
)tree"},
      {"threads", "sum of scores: 9\n", R"tree(trace rank-documents: ok project_id=ranking span_count=5 error_count=0
  rank-documents: chain ok output_data=9
    rank alpha: llm ok model=gpt-4o-mini output_data=5
    rank beta: llm ok model=gpt-4o-mini output_data=4
    upload: tool ok attributes={"bytes":1024}
    watch_quota: tool ok output_data={"left":998}
trace unrelated: ok project_id=ranking span_count=1 error_count=0
  unrelated: other ok
)tree"},
      {"callbacks_by_id", "open spans: 0\n", R"tree(trace translate-job: ok project_id=translator user_id=u7 span_count=3 error_count=1 tokens_input=9 tokens_output=2 total_cost=4.25e-05
  translate-job: chain ok output_data=1 of 2 translated
    translate: llm error model=gpt-4o error=429 too many requests
    translate: llm ok model=gpt-4o tokens_input=9 tokens_output=2 cost_usd=4.25e-05 output_data=bonjour
)tree"},
      {"wrap_client", "You asked: Why boats? (99 calls left)\n", R"tree(trace wrapped-calls: ok project_id=wrapped span_count=4 error_count=0 tokens_input=22 tokens_output=12 total_cost=6.325e-05
  wrapped-calls: chain ok
    chat.create: llm ok model=mistral-large-latest provider=mistral operation=chat.create tokens_input=11 tokens_output=6 cost_usd=5.8e-05 output_data=You asked: Why boats?
    summarize gpt-4o-mini: llm ok model=gpt-4o-mini provider=openai operation=summarize tokens_input=11 tokens_output=6 cost_usd=5.25e-06 output_data=You asked: Summarize boats 1
    vector_search: retrieval ok output_data=["boats 1","boats 2"]
)tree"},
      {"mixed_logic", "[Answer with 9]\n", R"tree(trace business-request: ok project_id=mixed span_count=4 error_count=0 tokens_input=28 tokens_output=27 total_cost=0.001522
  business-request: chain ok output_data=[Answer with 9]
    database_lookup: function ok attributes={"db.results_count":3}
    input_enhancement gpt-3.5-turbo: llm ok model=gpt-3.5-turbo operation=input_enhancement tokens_input=8 tokens_output=12 cost_usd=2.2e-05 attributes={"llm.input_tokens":8,"llm.output_tokens":12,"llm.response":"[Enhance: sales of spring]"} output_data=[Enhance: sales of spring]
    response_generation: llm ok model=gpt-4 tokens_input=20 tokens_output=15 cost_usd=0.0015 output_data=[Answer with 9]
)tree"},
      {"errors", "caught: no draft\ncaught: connection reset\n", R"tree(trace prepare: ok project_id=errors span_count=2 error_count=1
  prepare: chain ok output_data=done
    check-quota: tool error error=no calls left
trace release: error project_id=errors span_count=2 error_count=2 error=left by an exception
  release: chain error error=left by an exception
    publish: function error error=left by an exception
trace risky-operation: ok project_id=errors span_count=2 error_count=1
  risky-operation: chain ok output_data=done
    external-api: tool error error_type=std::runtime_error error=connection reset
trace write: error project_id=errors span_count=2 error_count=2 error=left by an exception
  write: chain error error=left by an exception
    draft: llm error error_type=std::logic_error error=no draft: connection reset
)tree"},
      {"two_tracers", "evaluation: 2 spans, product: 2\n", R"tree(trace answer: ok project_id=product span_count=2 error_count=0 tokens_input=7 tokens_output=1 total_cost=2.75e-05
  answer: chain ok output_data=42 linked to evaluate
    chat gpt-4o: llm ok model=gpt-4o operation=chat tokens_input=7 tokens_output=1 cost_usd=2.75e-05 output_data=42
trace evaluate: ok project_id=evaluation span_count=2 error_count=0
  evaluate: chain ok
    judge: llm ok scores=[{"comment":"compared as text","name":"exact_match","value":1}]
)tree"},
      {"redaction", "log: login with password=[redacted:secret] failed\n", R"tree(trace support: ok project_id=redaction span_count=4 error_count=1
  support: chain ok
    answer: llm ok attributes={"card":"[redacted:card]","customer":"Ad…"} output_data=Done.
    call: tool error error_type=refused error=401 for Bearer [redacted:token]
    summarize: llm ok output_data=It ends in May.
)tree"},
      {"streaming", "You asked: Why boats?\nYou asked\n: \n", R"tree(trace chat: ok project_id=streaming span_count=4 error_count=0 tokens_input=9 tokens_output=7 total_cost=9.25e-05
  chat: chain ok
    answer: function ok output_data=You asked: Why boats?
      gpt-4o-call: llm ok model=gpt-4o provider=openai tokens_input=9 tokens_output=7 cost_usd=9.25e-05 output_data=You asked: Why boats?
    by callback: llm ok model=gpt-4o provider=openai cancelled=true output_data=You asked: 
)tree"},
      {"generator", "About Ada!\n", R"tree(trace greeting: ok project_id=generators span_count=4 error_count=0
  greeting: chain ok
    say_hi: function ok cancelled=true
    say_hi: function ok output_data=About Ada!
      gpt-4o-mini-call: llm ok model=gpt-4o-mini provider=openai output_data=About Ada
)tree"},
      {"tools_agent", "advised\n", R"tree(trace packing-advice: ok project_id=tools span_count=5 error_count=0 tokens_input=202 tokens_output=23 total_cost=0.000735
  packing-advice: chain ok output_data=umbrella
    advise: agent ok operation=advise
      think: llm ok model=gpt-4o-2024-08-06 provider=openai operation=chat tokens_input=120 tokens_output=6 cost_usd=0.00036 attributes={"gen_ai.request.model":"gpt-4o"} output_data=Take an umbrella.
      think: llm ok model=gpt-4o-2024-08-06 provider=openai operation=chat tokens_input=82 tokens_output=17 cost_usd=0.000375 attributes={"gen_ai.request.model":"gpt-4o"} tool_calls=[{"arguments":"{\"city\":\"Oslo\"}","id":"call_1","name":"weather"}]
      weather: tool ok output_data=rain
)tree"},
      {"rag_pipeline", "answered\n", R"tree(trace rag-query: ok project_id=rag span_count=5 error_count=0 tokens_input=19 tokens_output=18 total_cost=0.0001288
  rag-query: chain ok output_data=[late check-out is free on Sundays | Can I stay longer?]
    answer gpt-4o: llm ok model=gpt-4o provider=openai operation=answer tokens_input=13 tokens_output=9 cost_usd=0.0001225 output_data=[late check-out is free on Sundays | Can I stay longer?]
    embed: embedding ok attributes={"gen_ai.embeddings.dimension.count":1536} output_data={"dimension":1536,"embeddings":1}
    enhance gpt-4o-mini: llm ok model=gpt-4o-mini provider=openai operation=enhance tokens_input=6 tokens_output=9 cost_usd=6.3e-06 output_data=[Rewrite: Can I stay longer?]
    vector_search: retrieval ok output_data={"best":"late check-out is free on Sundays","hits":3}
)tree"},
      {"budgets", "small: 0.0016 USD\ncached: 0.0061 USD\nlarge: 0.0290 USD, over budget\n", R"tree()tree"},
  };
}
// clang-format on

}  // namespace llmtrace::testing_support
