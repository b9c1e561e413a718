//! Answers that the proxy makes itself, in AWS's shapes.

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Method, Response, header};

use super::Body;

pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed()
}

pub fn plain(status: u16, content_type: &str, body: String) -> Response<Body> {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, content_type)
        .header("x-amzn-requestid", REQUEST)
        .header("x-amz-request-id", REQUEST)
        .body(full(body))
        .expect("a response")
}

const REQUEST: &str = "7e57bed0-0000-4000-8000-000000000000";

pub fn shaped(service: &str, method: &Method, status: u16, code: &str, message: &str) -> Response<Body> {
    match service {
        "s3" if method == Method::HEAD => plain(status, "application/xml", String::new()),
        "s3" => plain(
            status,
            "application/xml",
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
                 <RequestId>{REQUEST}</RequestId></Error>"
            ),
        ),
        "iam" | "sts" => {
            let space =
                if service == "iam" { "iam.amazonaws.com/doc/2010-05-08" } else { "sts.amazonaws.com/doc/2011-06-15" };
            let kind = if status >= 500 { "Receiver" } else { "Sender" };
            plain(
                status,
                "text/xml",
                format!(
                    "<ErrorResponse xmlns=\"https://{space}/\"><Error><Type>{kind}</Type><Code>{code}</Code>\
                     <Message>{message}</Message></Error><RequestId>{REQUEST}</RequestId></ErrorResponse>"
                ),
            )
        }
        _ => {
            let body = serde_json::json!({"__type": code, "message": message}).to_string();
            let mut response = plain(status, "application/json", body);
            if let Ok(value) = code.parse() {
                response.headers_mut().insert("x-amzn-errortype", value);
            }
            response
        }
    }
}
