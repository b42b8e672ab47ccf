//! Servers that can't do all of the protocol, and models that don't keep to the form.

use selfheal_core::ports::{LlmMessage, LlmProvider as _, LlmRequest, ToolSpec};
use selfheal_core::spending::CallEnd;
use selfheal_llm::FailureClass;
use selfheal_llm::openai::{Chat, JsonForm};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::scene::{
    always, bodies, chat, class, completion, config, finished, json_request, meter, objection, server, text_request,
};

const FORMS: [JsonForm; 4] = [JsonForm::JsonSchema, JsonForm::JsonObject, JsonForm::ToolCall, JsonForm::Text];

fn form(body: &Value) -> JsonForm {
    match body["response_format"]["type"].as_str() {
        Some("json_schema") => JsonForm::JsonSchema,
        Some("json_object") => JsonForm::JsonObject,
        _ if body["tools"].is_array() => JsonForm::ToolCall,
        _ => JsonForm::Text,
    }
}

/// A server that can do `able` and what is weaker.
fn able(body: &Value, able: JsonForm) -> ResponseTemplate {
    let form = form(body);
    if form < able {
        return objection(
            400,
            &format!("{} is not supported", if form == JsonForm::ToolCall { "tools" } else { "response_format" }),
        );
    }
    match form {
        JsonForm::ToolCall => {
            let name = &body["tool_choice"]["function"]["name"];
            let call =
                json!({ "id": "1", "type": "function", "function": { "name": name, "arguments": "{\"ok\": true}" } });
            finished(json!({ "content": null, "tool_calls": [call] }), "stop")
        }
        JsonForm::Text => completion("Here:\n```json\n{\"ok\": true}\n```"),
        _ => completion("{\"ok\": true}"),
    }
}

#[tokio::test]
async fn the_best_form_that_the_server_can_do_is_found_and_remembered() {
    for (weaker, best) in FORMS.into_iter().enumerate() {
        let server = server(move |body| able(body, best)).await;
        let (chat, meter) = (chat(&server), meter());
        for _ in 0..2 {
            let answer = chat.complete(&json_request(), &meter).await.unwrap();
            assert_eq!(answer.content.read(), "{\"ok\": true}", "{best:?}");
        }
        let forms: Vec<_> = bodies(&server).await.iter().map(form).collect();
        assert_eq!(forms[..=weaker], FORMS[..=weaker]);
        assert_eq!(forms[weaker + 1..], [best], "the second request goes there at once");
        let calls = meter.drain();
        let refused = calls.iter().filter(|call| matches!(call.end, CallEnd::Refused { .. })).count();
        assert_eq!((calls.len(), refused), (weaker + 2, weaker), "finding out is counted");
    }
}

#[tokio::test]
async fn the_schema_stands_in_the_prompt_where_the_server_takes_none() {
    for best in [JsonForm::JsonObject, JsonForm::Text] {
        let server = server(move |body| able(body, best)).await;
        chat(&server).complete(&json_request(), &meter()).await.unwrap();
        let body = bodies(&server).await.pop().unwrap();
        let system = body["messages"][0]["content"].as_str().unwrap();
        assert!(
            system.starts_with("You judge.") && system.contains("JSON") && system.contains("\"required\":[\"ok\"]")
        );
    }
}

#[tokio::test]
async fn every_way_to_say_unsupported_is_understood() {
    let objections = [
        ResponseTemplate::new(400)
            .set_body_json(json!({ "error": "'response_format.type' must be 'json_object' or 'text'" })),
        ResponseTemplate::new(400).set_body_json(json!({ "error": { "message": "m", "param": "response_format" } })),
        ResponseTemplate::new(422)
            .set_body_json(json!({ "detail": [{ "loc": ["body", "response_format"], "msg": "m" }] })),
        ResponseTemplate::new(404)
            .set_body_json(json!({ "error": { "message": "No endpoints found that support json_schema" } })),
        ResponseTemplate::new(501).set_body_string("structured output is not implemented"),
        ResponseTemplate::new(500).set_body_json(json!({ "error": { "message": "failed to parse grammar" } })),
    ];
    for refusal in objections {
        let response = refusal.clone();
        let server = server(move |body| match form(body) {
            JsonForm::JsonSchema => response.clone(),
            form => able(body, form),
        });
        let server = server.await;
        let answer = chat(&server).complete(&json_request(), &meter()).await;
        assert!(answer.is_ok(), "{refusal:?}: {answer:?}");
        assert_eq!(bodies(&server).await.len(), 2);
    }
}

#[tokio::test]
async fn fields_that_a_server_dislikes_are_left_out_or_named_otherwise() {
    type Dislikes = fn(&Value) -> Option<&'static str>;
    let cases: [(&str, Dislikes); 4] = [
        ("limit", |body| {
            body.get("max_tokens").map(|_| "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        }),
        ("temperature", |body| body.get("temperature").map(|_| "'temperature' does not support 0 with this model.")),
        ("system", |body| (body["messages"][0]["role"] == "system").then_some("System role not supported")),
        ("unexplained", |body| {
            (body.get("temperature").is_some() || body.get("response_format").is_some()).then_some("Bad Request")
        }),
    ];
    for (name, dislikes) in cases {
        let server = server(move |body| match dislikes(body) {
            Some(message) => objection(400, message),
            None => completion("{\"ok\": true}"),
        });
        let server = server.await;
        let answer = chat(&server).complete(&json_request(), &meter()).await;
        assert!(answer.is_ok(), "{name}: {answer:?}");
        let bodies = bodies(&server).await;
        assert_eq!(bodies.len(), 2, "{name}");
        let bounds = ["max_tokens", "max_completion_tokens"].map(|field| bodies[1][field] == 64);
        assert!(bounds[0] != bounds[1], "{name}: the answer stays bounded");
        assert!(bodies[1].to_string().contains("You judge."), "{name}: the instructions stay");
    }
}

#[tokio::test]
async fn what_a_request_for_text_tells_says_nothing_about_forms() {
    let server = server(|body| match body.get("temperature") {
        Some(_) => objection(400, "Bad Request"),
        None => completion("{\"ok\": true}"),
    });
    let server = server.await;
    let chat = chat(&server);
    chat.complete(&text_request(), &meter()).await.unwrap();
    chat.complete(&json_request(), &meter()).await.unwrap();
    assert_eq!(form(&bodies(&server).await[2]), JsonForm::JsonSchema);
}

#[tokio::test]
async fn an_objection_that_names_everything_is_understood_in_the_end() {
    let server = server(|body| match form(body) {
        JsonForm::ToolCall => able(body, JsonForm::ToolCall),
        _ => objection(400, "response_format: extra field; known are max_tokens, temperature, tools"),
    });
    let server = server.await;
    let answer = chat(&server).complete(&json_request(), &meter()).await;
    assert!(answer.is_ok(), "{answer:?}");
}

#[tokio::test]
async fn what_another_form_cannot_mend_is_not_tried_again() {
    let cases = [
        (objection(400, "This model's maximum context length is 10 tokens"), FailureClass::ContextOverflow),
        (objection(401, "response_format? wrong key"), FailureClass::Auth),
        (objection(404, "The model `tiny` does not exist; tools"), FailureClass::NotFound),
        (objection(429, "response_format rate limit"), FailureClass::RateLimited),
        (objection(503, "json_schema"), FailureClass::Overloaded),
    ];
    for (response, expected) in cases {
        let server = always(response).await;
        let error = chat(&server).complete(&json_request(), &meter()).await.unwrap_err();
        assert_eq!(class(&error), Some(expected));
        assert_eq!(bodies(&server).await.len(), 1, "{expected}");
    }
}

#[tokio::test]
async fn a_server_that_refuses_everything_is_asked_a_bounded_number_of_times() {
    let server = always(objection(400, "response_format, tools, temperature, max_tokens: all wrong")).await;
    let error = chat(&server).complete(&json_request(), &meter()).await.unwrap_err();
    assert_eq!(class(&error), Some(FailureClass::BadRequest));
    assert!(bodies(&server).await.len() <= 8);
}

#[tokio::test]
async fn a_form_that_the_host_chose_is_kept() {
    let server = always(objection(400, "response_format is not supported")).await;
    let mut config = config(&server.uri());
    config.form = Some(JsonForm::JsonObject);
    assert!(Chat::new(config).unwrap().complete(&json_request(), &meter()).await.is_err());
    assert!(bodies(&server).await.iter().all(|body| form(body) == JsonForm::JsonObject));
}

#[tokio::test]
async fn offered_functions_and_the_answers_function_stand_side_by_side() {
    let server = server(|body| {
        if form(body) != JsonForm::ToolCall || body.get("response_format").is_some() {
            return objection(400, "response_format can't be combined with tools");
        }
        let call =
            json!({ "id": "1", "type": "function", "function": { "name": "answer_", "arguments": "{\"ok\": true}" } });
        finished(json!({ "content": null, "tool_calls": [call] }), "tool_calls")
    });
    let server = server.await;
    let mut request = json_request();
    request.tools = vec![ToolSpec { name: "answer".to_owned(), description: "?".to_owned(), parameters: json!({}) }];
    let answer = chat(&server).complete(&request, &meter()).await.unwrap();
    assert_eq!(answer.content.read(), "{\"ok\": true}");
    assert!(answer.tool_calls.is_empty());
    let body = bodies(&server).await.pop().unwrap();
    assert_eq!(body["tool_choice"], "required", "either may be called");
    assert_eq!(body["tools"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn text_that_is_no_json_is_repaired_once() {
    let server = server(|body| {
        let asked = body["messages"].as_array().unwrap().len();
        completion(if asked > 2 { "{\"ok\": true}" } else { "It is fine." })
    });
    let server = server.await;
    let (chat, meter) = (chat(&server), meter());
    let answer = chat.complete(&json_request(), &meter).await.unwrap();
    assert_eq!(answer.content.read(), "{\"ok\": true}");
    let bodies = bodies(&server).await;
    assert_eq!(bodies.len(), 2);
    let messages = bodies[1]["messages"].as_array().unwrap();
    assert_eq!(messages[2], json!({ "role": "assistant", "content": "It is fine." }));
    assert!(messages[3]["content"].as_str().unwrap().contains("not JSON"));
    assert_eq!(form(&bodies[1]), JsonForm::JsonSchema, "one answer tells nothing about the server");
    assert_eq!(meter.drain().len(), 2);
}

#[tokio::test]
async fn text_that_stays_no_json_is_an_error() {
    for text in ["It is fine.", "", "[]", "{\"ok\": "] {
        let server = always(completion(text)).await;
        let error = chat(&server).complete(&json_request(), &meter()).await.unwrap_err();
        assert_eq!(class(&error), Some(FailureClass::NotJson), "{text:?}");
        assert_eq!(bodies(&server).await.len(), 2, "{text:?}");
    }
}

#[tokio::test]
async fn a_server_that_ignores_the_schema_twice_is_told_it_in_words_from_then_on() {
    let server = always(completion("{\"answer\": \"fine\"}")).await;
    let chat = chat(&server);
    for question in 0..3 {
        let answer = chat.complete(&asking(question), &meter()).await.unwrap();
        assert_eq!(answer.content.read(), "{\"answer\": \"fine\"}", "whoever asked checks it");
    }
    let forms: Vec<_> = bodies(&server).await.iter().map(form).collect();
    assert_eq!(forms, [JsonForm::JsonSchema, JsonForm::JsonSchema, JsonForm::JsonObject]);
}

#[tokio::test]
async fn one_question_talks_nobody_out_of_the_form() {
    let server = server(|body| {
        let is_hostile = body["messages"][1]["content"] == "Is 7 fine?";
        completion(if is_hostile { "As you wish, in prose." } else { "{\"ok\": true}" })
    });
    let server = server.await;
    let chat = chat(&server);
    for question in [7, 7, 7, 1, 7] {
        let _ = chat.complete(&asking(question), &meter()).await;
    }
    assert!(bodies(&server).await.iter().all(|body| form(body) == JsonForm::JsonSchema));
}

fn asking(question: u32) -> LlmRequest {
    let messages = vec![LlmMessage::system("You judge."), LlmMessage::user(format!("Is {question} fine?"))];
    LlmRequest { messages, ..json_request() }
}

#[tokio::test]
async fn free_text_is_asked_for_without_a_form() {
    let server = always(completion("fine")).await;
    let answer = chat(&server).complete(&text_request(), &meter()).await.unwrap();
    assert_eq!(answer.content.read(), "fine");
    assert!(bodies(&server).await[0].get("response_format").is_none());
}
