//! A service's operations: the table of contents its `lib.rs` shows.

use actix_web::dev::{HttpServiceFactory, ServiceRequest};
use actix_web::guard;
use actix_web::http::Method;
use actix_web::middleware::{Next, from_fn};
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Resource, Responder, Route, web};

use crate::guard::{Access, check};
use crate::{Fault, Refusal, Shape};

/// The order in which the contracts write methods in `Allow`.
const ALLOW_ORDER: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// An operation: what the OpenAPI document must describe.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operation {
    /// The path's pattern.
    pub path: String,
    /// The method.
    pub method: String,
}

/// The operations of a service, and whom they are for.
pub struct Routes {
    access: Access,
    paths: Vec<Path>,
    fallback: Option<Route>,
}

struct Path {
    pattern: String,
    methods: Vec<Method>,
    routes: Vec<Route>,
}

impl Routes {
    /// No operations yet; those that follow are for `access`.
    #[must_use]
    pub fn new(access: Access) -> Self {
        Self { access, paths: Vec::new(), fallback: None }
    }

    /// The operations that follow are for `access`.
    #[must_use]
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// A read. HEAD is answered too.
    #[must_use]
    pub fn get<F, Args>(self, pattern: &str, handler: F) -> Self
    where
        F: Handler<Args> + Clone,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::GET, pattern, handler)
    }

    /// A write.
    #[must_use]
    pub fn post<F, Args>(self, pattern: &str, handler: F) -> Self
    where
        F: Handler<Args> + Clone,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::POST, pattern, handler)
    }

    /// A replacement.
    #[must_use]
    pub fn put<F, Args>(self, pattern: &str, handler: F) -> Self
    where
        F: Handler<Args> + Clone,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::PUT, pattern, handler)
    }

    /// A removal.
    #[must_use]
    pub fn delete<F, Args>(self, pattern: &str, handler: F) -> Self
    where
        F: Handler<Args> + Clone,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::DELETE, pattern, handler)
    }

    /// Everything that no other operation takes, whatever the method: the gateway forwards it.
    #[must_use]
    pub fn fallback<F, Args>(mut self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.fallback = Some(web::to(handler));
        self
    }

    /// The handler of everything else, for the server.
    pub fn take_fallback(&mut self) -> Option<Route> {
        self.fallback.take()
    }

    fn on<F, Args>(mut self, method: Method, pattern: &str, handler: F) -> Self
    where
        F: Handler<Args> + Clone,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let access = self.access;
        let guarded = |method: Method, handler: F| {
            Route::new()
                .guard(guard::Method(method))
                .to(handler)
                .wrap(from_fn(move |request: ServiceRequest, next: Next<_>| check(access, request, next)))
        };
        let index = self.paths.iter().position(|path| path.pattern == pattern).unwrap_or_else(|| {
            self.paths.push(Path { pattern: pattern.to_owned(), methods: Vec::new(), routes: Vec::new() });
            self.paths.len() - 1
        });
        let path = &mut self.paths[index];
        path.routes.push(guarded(method.clone(), handler.clone()));
        if method == Method::GET {
            path.methods.push(Method::GET);
            path.methods.push(Method::HEAD);
            path.routes.push(guarded(Method::HEAD, handler));
        } else {
            path.methods.push(method);
        }
        self
    }

    /// Every operation, HEAD left out.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        let all = self.paths.iter().flat_map(|path| {
            path.methods
                .iter()
                .filter(|method| **method != Method::HEAD)
                .map(|method| Operation { path: path.pattern.clone(), method: method.as_str().to_lowercase() })
        });
        all.collect()
    }

    /// The routes for a server, each path with its `OPTIONS` and its 405.
    pub fn into_resources(self) -> Vec<impl HttpServiceFactory + 'static> {
        self.paths.into_iter().map(Path::into_resource).collect()
    }
}

impl Path {
    fn into_resource(self) -> Resource {
        let allow = ALLOW_ORDER.iter().filter(|known| self.methods.iter().any(|method| method == *known));
        let allow = allow.copied().collect::<Vec<_>>().join(", ");
        let mut resource = web::resource(self.pattern);
        for route in self.routes {
            resource = resource.route(route);
        }
        let options = allow.clone();
        resource
            .route(Route::new().guard(guard::Options()).to(move |request: HttpRequest| {
                let allow = allowed(&request, &options);
                async move { HttpResponse::NoContent().insert_header(("Allow", allow)).finish() }
            }))
            .default_service(web::to(move |request: HttpRequest| {
                let refusal = Refusal::of(&request, Fault::MethodNotAllowed(allowed(&request, &allow)));
                async move { Err::<HttpResponse, Refusal>(refusal) }
            }))
    }
}

/// The methods of a path. Only the line whose clients are browsers on other origins names `OPTIONS` among them.
fn allowed(request: &HttpRequest, methods: &str) -> String {
    match request.app_data::<Shape>() {
        Some(Shape::Tours) => format!("{methods}, OPTIONS"),
        _ => methods.to_owned(),
    }
}
