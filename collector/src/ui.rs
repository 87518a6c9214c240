//! The web page, embedded in the binary when it was built before it (`make build`). Serves bytes; knows no map.

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::etag::{Known, Tag};

/// Files of the page: path within it, and content.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

const NOT_BUILT: &str = "\
This binary was built without the web page.
To build it in: make build (it needs Node.js with npm), then start the collector again.
Without it: hogusu map, or /api/v1/map.
";

/// `/` and the page's other files.
pub(crate) fn router() -> Router {
    Router::new().route("/", get(|headers: HeaderMap| async move { serve(FILES, "index.html", &headers) })).route(
        "/{*path}",
        get(|Path(path): Path<String>, headers: HeaderMap| async move { serve(FILES, &path, &headers) }),
    )
}

fn serve(files: &[(&str, &'static [u8])], path: &str, headers: &HeaderMap) -> Response {
    let Some((_, content)) = files.iter().find(|(name, _)| *name == path) else {
        let text = if files.is_empty() && path == "index.html" { NOT_BUILT } else { "there is no such page\n" };
        return (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response();
    };
    let tag = Tag::of(content);
    // The build names assets by their content, so they never change; the page itself is asked for each time.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let about = [(ETAG, tag.as_str()), (CACHE_CONTROL, cache), (CONTENT_TYPE, content_type(path))];
    if Known::of(headers).holds(&tag) {
        return (StatusCode::NOT_MODIFIED, about).into_response();
    }
    // Whoever does not read it holds nothing.
    (about, Bytes::from_static(content)).into_response()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json") => "application/json",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
    use axum::http::{HeaderMap, StatusCode};

    use super::serve;

    const PAGE: &[(&str, &[u8])] = &[("assets/a.js", b"1"), ("index.html", b"<!doctype html>")];

    #[test]
    fn a_page_that_was_not_built_says_how_to_build_it() {
        let answer = serve(&[], "index.html", &HeaderMap::new());
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        assert!(super::NOT_BUILT.contains("make build"));
    }

    #[test]
    fn files_carry_their_type_and_a_known_etag_is_answered_without_a_body() {
        let first = serve(PAGE, "assets/a.js", &HeaderMap::new());
        assert_eq!(
            (first.status(), &first.headers()[CONTENT_TYPE]),
            (StatusCode::OK, &"text/javascript; charset=utf-8".parse().unwrap())
        );
        let headers = HeaderMap::from_iter([(IF_NONE_MATCH, first.headers()[ETAG].clone())]);
        assert_eq!(serve(PAGE, "assets/a.js", &headers).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(serve(PAGE, "index.html", &headers).status(), StatusCode::OK);
        assert_eq!(serve(PAGE, "secret", &headers).status(), StatusCode::NOT_FOUND);
    }
}
