//! The requests of a load, made before it starts.

/// What a connection sends, request after request.
pub(crate) trait Requests {
    /// The next request as it goes over the wire.
    fn next(&mut self) -> &[u8];
}

impl<R: Requests + ?Sized> Requests for Box<R> {
    fn next(&mut self) -> &[u8] {
        (**self).next()
    }
}

/// The same requests over and over.
pub(crate) struct Repeated {
    requests: Vec<Vec<u8>>,
    next: usize,
}

impl Repeated {
    /// Starts with request number `first`, so that connections don't walk in step.
    pub(crate) fn starting_at(requests: Vec<Vec<u8>>, first: usize) -> Self {
        Self { next: first % requests.len().max(1), requests }
    }
}

impl Requests for Repeated {
    fn next(&mut self) -> &[u8] {
        let chosen = self.next;
        self.next = (self.next + 1) % self.requests.len();
        &self.requests[chosen]
    }
}

/// Digits of the number in a subject: enough for any run, and always as many, so the content length never changes.
const DIGITS: usize = 16;

/// Creates tickets, each with a subject of its own.
pub(crate) struct Creates {
    request: Vec<u8>,
    digits: usize,
    number: u64,
    step: u64,
}

impl Creates {
    /// Numbers its tickets `first`, `first + step`, and so on.
    pub(crate) fn new(token: &str, first: u64, step: u64) -> Self {
        let body = format!(
            r#"{{"subject":"Payment {:0DIGITS$} failed","description":"The payment was refused twice, and the amount is reserved.","categoryId":"category_001","priority":"High"}}"#,
            0
        );
        let request = post("/support/tickets", token, &body);
        let digits = request.len() - body.len() + r#"{"subject":"Payment "#.len();
        Self { request, digits, number: first, step }
    }
}

impl Requests for Creates {
    fn next(&mut self) -> &[u8] {
        let mut rest = self.number;
        for digit in self.request[self.digits..self.digits + DIGITS].iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
        self.number += self.step;
        &self.request
    }
}

/// A GET of `path`.
pub(crate) fn get(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n").into_bytes()
}

/// A POST of a JSON body to `path`.
pub(crate) fn post(path: &str, token: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(request: &[u8]) -> serde_json::Value {
        let text = std::str::from_utf8(request).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{text}");
        serde_json::from_str(body).unwrap()
    }

    #[test]
    fn each_create_has_its_own_subject_and_the_right_length() {
        let mut creates = Creates::new("t", 41, 32);
        assert_eq!(body(creates.next())["subject"], "Payment 0000000000000041 failed");
        assert_eq!(body(creates.next())["subject"], "Payment 0000000000000073 failed");
    }

    #[test]
    fn repeated_requests_start_anywhere_and_go_round() {
        let mut repeated = Repeated::starting_at(vec![vec![1], vec![2], vec![3]], 5);
        let seen: Vec<u8> = (0..4).map(|_| repeated.next()[0]).collect();
        assert_eq!(seen, [3, 1, 2, 3]);
    }
}
