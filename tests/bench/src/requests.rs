//! The requests of a load, made before it starts.

/// What a connection sends, request after request.
pub(crate) trait Requests {
    /// The next request as it goes over the wire.
    fn next(&mut self) -> &[u8];

    /// The status of every answer; another one is a failure.
    fn expected(&self) -> u16 {
        200
    }
}

impl<R: Requests + ?Sized> Requests for Box<R> {
    fn next(&mut self) -> &[u8] {
        (**self).next()
    }

    fn expected(&self) -> u16 {
        (**self).expected()
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

/// Where a request carries its own number, in its head or its body. As many digits take its place, so the length of a body
/// never changes, and sixteen are enough for any run.
pub(crate) const NUMBER: &str = "{----number----}";

/// Creates something, each time with a number of its own.
pub(crate) struct Creates {
    request: Vec<u8>,
    digits: Vec<usize>,
    number: u64,
    step: u64,
    expected: u16,
}

impl Creates {
    /// Loan tickets, numbered `first`, `first + step`, and so on.
    pub(crate) fn new(token: &str, first: u64, step: u64) -> Self {
        let body = format!(
            r#"{{"subject":"Payment {NUMBER} failed","description":"The payment was refused twice, and the amount is reserved.","categoryId":"category_001","priority":"High"}}"#
        );
        Self::numbered(post("/support/tickets", token, &body), 200, first, step)
    }

    /// Sends this request with another number wherever it says [`NUMBER`], and expects this status.
    pub(crate) fn numbered(request: Vec<u8>, expected: u16, first: u64, step: u64) -> Self {
        let windows = request.windows(NUMBER.len()).enumerate();
        let digits = windows.filter(|(_, window)| *window == NUMBER.as_bytes()).map(|(place, _)| place).collect();
        Self { request, digits, number: first, step, expected }
    }
}

impl Requests for Creates {
    fn next(&mut self) -> &[u8] {
        for place in &self.digits {
            let mut rest = self.number;
            for digit in self.request[*place..*place + NUMBER.len()].iter_mut().rev() {
                *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
                rest /= 10;
            }
        }
        self.number += self.step;
        &self.request
    }

    fn expected(&self) -> u16 {
        self.expected
    }
}

/// A GET of `path`.
pub(crate) fn get(path: &str, token: &str) -> Vec<u8> {
    bare("GET", path, &[("authorization", &format!("Bearer {token}"))])
}

/// A POST of a JSON body to `path`.
pub(crate) fn post(path: &str, token: &str, body: &str) -> Vec<u8> {
    with_json("POST", path, &[("authorization", &format!("Bearer {token}"))], body)
}

/// A request without a body.
pub(crate) fn bare(method: &str, path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    format!("{}\r\n", head(method, path, headers)).into_bytes()
}

/// A request with a JSON body.
pub(crate) fn with_json(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let (head, length) = (head(method, path, headers), body.len());
    format!("{head}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

fn head(method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{headers}")
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
    fn a_number_may_stand_in_the_head_and_in_the_body() {
        let request = with_json("PUT", "/a", &[("x-id", &format!("id-{NUMBER}"))], &format!(r#"{{"id":"{NUMBER}"}}"#));
        let mut creates = Creates::numbered(request, 201, 7, 1);
        let sent = String::from_utf8(creates.next().to_vec()).unwrap();
        assert!(sent.contains("\r\nx-id: id-0000000000000007\r\n"), "{sent}");
        assert_eq!((body(sent.as_bytes())["id"].as_str(), creates.expected()), (Some("0000000000000007"), 201));
    }

    #[test]
    fn repeated_requests_start_anywhere_and_go_round() {
        let mut repeated = Repeated::starting_at(vec![vec![1], vec![2], vec![3]], 5);
        let seen: Vec<u8> = (0..4).map(|_| repeated.next()[0]).collect();
        assert_eq!(seen, [3, 1, 2, 3]);
    }
}
