//! The plan of ten thousand mixed exchanges, with the outcome that each script must have at either end.

use hogusu_model::{Outcome, Protocol as Word};
use hogusu_tests::client::Answer;
use hogusu_tests::script::{End, Script};
use hogusu_tests::tcp::{TcpEnd, TcpScript};

use crate::exact::mixed::{BATCH, CHECKOUT, CRON, INVENTORY, ORDERS, STORE, WEB};
use crate::exact::plan::{CLOSED_PORT, Class, Row, Talk, TcpRow};
use crate::exact::words::*;

/// The other side ended it; by FIN or RST is a matter of what it had not read yet.
const CUT_OFF: [TcpEnd; 2] = [TcpEnd::Closed, TcpEnd::Reset];

/// Everything that is sent.
pub fn plan() -> Vec<Talk> {
    let mut talks = vec![
        every_http_ending(Talk::new(WEB, "orders.shop", ORDERS, 8080).connections(6))
            .row(
                Row::new(80, Script::default().body(1), Answer::Status(403), BLAMED).path("/denied").arrives(&[DENIED]),
            )
            .row(cascade(120, Script::grpc(0), Answer::Status(200), OK, OK_THERE))
            .row(cascade(30, Script::grpc(13), Answer::Status(502), BROKEN, BROKEN_THERE)),
        every_http_ending(Talk::new(CHECKOUT, "returns.shop", ORDERS, 8080).connections(6)),
        every_grpc_ending(Talk::new(WEB, "inventory.stock", INVENTORY, 8080).connections(6)),
        called_by_orders(),
        retried(),
    ];
    talks.extend(never_arriving());
    talks.extend(other_sources());
    talks.extend(connections());
    talks
}

fn cascade(count: usize, call: Script, answer: Answer, at_source: Class, there: Class) -> Row {
    let script = Script::default().call("inventory.stock", call).fail_with_calls();
    Row::new(count, script, answer, at_source).arrives(&[there])
}

fn every_http_ending(talk: Talk) -> Talk {
    talk.row(Row::new(1500, Script::default().body(3000), Answer::Status(200), OK).arrives(&[OK_THERE]))
        .row(Row::new(200, Script::status(204), Answer::Status(204), OK).arrives(&[OK_THERE]))
        .row(Row::new(100, Script::status(302), Answer::Status(302), OK).arrives(&[OK_THERE]))
        .row(Row::new(200, Script::status(404), Answer::Status(404), BLAMED).arrives(&[BLAMED_THERE]))
        .row(Row::new(60, Script::status(429), Answer::Status(429), BLAMED).arrives(&[BLAMED_THERE]))
        .row(Row::new(150, Script::status(500), Answer::Status(500), BROKEN).arrives(&[BROKEN_THERE]))
        .row(Row::new(60, Script::status(503), Answer::Status(503), BROKEN).arrives(&[BROKEN_THERE]))
        .row(Row::new(60, Script::ending(End::ResetBeforeHeaders), Answer::Status(503), BROKEN).arrives(&[RESET]))
        .row(Row::new(60, Script::ending(End::ResetMidBody), Answer::Broken(200), CUT).arrives(&[CUT_THERE]))
        .row(
            Row::new(6, Script::ending(End::NoAnswer), Answer::Status(504), TIMED_OUT)
                .attempts(&[UNANSWERED])
                .arrives(&[LEFT]),
        )
        .row(
            Row::new(30, Script::ending(End::NoAnswer), Answer::Gone, LEFT)
                .leave()
                .attempts(&[UNANSWERED])
                .arrives(&[LEFT]),
        )
}

fn every_grpc_ending(talk: Talk) -> Talk {
    let trailers_only = Script { end: End::TrailersOnly, ..Script::grpc(14) };
    talk.over(Word::Grpc)
        .row(Row::new(1500, Script::grpc(0).body(2000), Answer::Grpc(0), OK).arrives(&[OK_THERE]))
        .row(Row::new(100, Script::grpc(5), Answer::Grpc(5), BLAMED).arrives(&[BLAMED_THERE]))
        .row(Row::new(60, Script::grpc(7), Answer::Grpc(7), BLAMED).arrives(&[BLAMED_THERE]))
        .row(Row::new(100, Script::grpc(13), Answer::Grpc(13), BROKEN).arrives(&[BROKEN_THERE]))
        .row(Row::new(80, trailers_only, Answer::Grpc(14), BROKEN).arrives(&[BROKEN_THERE]))
        .row(Row::new(60, Script::ending(End::ResetBeforeHeaders), Answer::Grpc(14), BROKEN).arrives(&[RESET]))
        .row(Row::new(60, Script::ending(End::ResetMidBody), Answer::Broken(200), CUT).arrives(&[CUT_THERE]))
        .row(
            Row::new(6, Script::ending(End::NoAnswer), Answer::Grpc(14), TIMED_OUT)
                .attempts(&[UNANSWERED])
                .arrives(&[LEFT]),
        )
        .row(
            Row::new(30, Script::ending(End::NoAnswer), Answer::Gone, LEFT)
                .leave()
                .attempts(&[UNANSWERED])
                .arrives(&[LEFT]),
        )
}

/// What the orders application asks of inventory while it is asked itself; its own account says how often.
fn called_by_orders() -> Talk {
    Talk::new(ORDERS, "inventory.stock", INVENTORY, 8080)
        .over(Word::Grpc)
        .by_application()
        .row(Row::new(120, Script::grpc(0), Answer::Grpc(0), OK).arrives(&[OK_THERE]))
        .row(Row::new(30, Script::grpc(13), Answer::Grpc(13), BROKEN).arrives(&[BROKEN_THERE]))
}

/// Two retries; a try has a limit of its own, a request has none.
fn retried() -> Talk {
    let no_answer = Script::ending(End::NoAnswer);
    let after = |first: Script| Script::default().first_attempt(first);
    Talk::new(CHECKOUT, "audit.stock", INVENTORY, 8081)
        .connections(6)
        .row(Row::new(500, Script::default(), Answer::Status(200), OK).arrives(&[OK_THERE]))
        .row(
            Row::new(100, after(Script::status(503)), Answer::Status(200), OK)
                .attempts(&[BROKEN, OK])
                .arrives(&[BROKEN_THERE, OK_THERE]),
        )
        .row(
            Row::new(
                50,
                after(Script::ending(End::ResetBeforeHeaders)).first_attempt(Script::status(500)),
                Answer::Status(200),
                OK,
            )
            .attempts(&[BROKEN, BROKEN, OK])
            .arrives(&[RESET, BROKEN_THERE, OK_THERE]),
        )
        .row(
            Row::new(40, Script::status(503), Answer::Status(503), BROKEN)
                .attempts(&[BROKEN; 3])
                .arrives(&[BROKEN_THERE; 3]),
        )
        .row(
            Row::new(6, after(no_answer.clone()), Answer::Status(200), OK)
                .attempts(&[TRY_TIMED_OUT, OK])
                .arrives(&[LEFT, OK_THERE]),
        )
        .row(Row::new(4, no_answer, Answer::Status(504), TIMED_OUT).attempts(&[TRY_TIMED_OUT; 3]).arrives(&[LEFT; 3]))
}

fn never_arriving() -> Vec<Talk> {
    let one = |count, status, class| Row::new(count, Script::default(), Answer::Status(status), class);
    vec![
        // One connection: its worker alternates between the closed port and the service, so that one retry is enough.
        Talk::new(CHECKOUT, "pricing.stock", INVENTORY, 8082)
            .connections(1)
            .row(one(100, 200, OK).arrives(&[OK_THERE])),
        Talk::new(CHECKOUT, "closed.shop", ORDERS, 8080).at_port(CLOSED_PORT).row(one(40, 503, REFUSED).attempts(&[])),
        Talk::new(CHECKOUT, "meagre.stock", INVENTORY, 8086)
            .row(Row::new(40, Script::status(503), Answer::Status(503), BROKEN).arrives(&[BROKEN_THERE]))
            .row(
                Row::new(3, Script::ending(End::NoAnswer), Answer::Status(504), TIMED_OUT)
                    .attempts(&[TRY_TIMED_OUT])
                    .arrives(&[LEFT]),
            ),
        Talk::new(WEB, "ghost.shop", "ghost.shop.svc.cluster.local:80", 80)
            .at_port(80)
            .row(one(60, 503, NOBODY_THERE).attempts(&[])),
        Talk::new(WEB, "full.shop", "full.shop.svc.cluster.local:80", 80)
            .at_port(80)
            .row(one(60, 503, TOO_MANY).attempts(&[unanswered(TOO_MANY)])),
        Talk::new(WEB, "renamed.shop", ORDERS, 8080).row(one(30, 503, UNTRUSTED).attempts(&[unanswered(UNTRUSTED)])),
        Talk::new(WEB, "orders.shop", "unknown", 0)
            .at_port(0)
            .row(Row::new(60, Script::default(), Answer::Status(418), OWN_ANSWER).path("/direct").attempts(&[])),
        Talk::new(WEB, "far", "unknown", 0)
            .at_port(0)
            .authority("nowhere.far.svc.cluster.local")
            .row(one(60, 404, NO_ROUTE).attempts(&[])),
        Talk::new(WEB, "broken.stock", INVENTORY, 8085).row(one(40, 503, BROKEN).arrives(&[REFUSED])),
        Talk::new(WEB, "secret.stock", INVENTORY, 8084).row(one(40, 503, RESET).attempts(&[unanswered(RESET)])),
    ]
}

fn other_sources() -> Vec<Talk> {
    let one = |count, status| Row::new(count, Script::status(status), Answer::Status(status), OK).arrives(&[OK_THERE]);
    let far = |host, destination| {
        let row = Row::new(50, Script::default(), Answer::Status(200), OK);
        Talk::new(WEB, "far", destination, 8080).authority(host).row(row)
    };
    vec![
        Talk::new(CRON, "orders.shop", ORDERS, 8080)
            .row(one(800, 200))
            .row(Row::new(60, Script::status(404), Answer::Status(404), BLAMED).arrives(&[BLAMED_THERE]))
            .row(Row::new(60, Script::status(500), Answer::Status(500), BROKEN).arrives(&[BROKEN_THERE])),
        Talk::new(CRON, "lookup.stock", INVENTORY, 8083)
            .row(one(600, 200))
            .row(Row::new(100, Script::status(404), Answer::Status(404), BLAMED).arrives(&[BLAMED_THERE])),
        Talk::new(BATCH, "orders.shop", ORDERS, 8080).row(one(200, 200)),
        Talk::new(WEB, "batch.legacy", BATCH, 8080)
            .row(Row::new(200, Script::default(), Answer::Status(200), OK))
            .row(Row::new(40, Script::status(503), Answer::Status(503), BROKEN))
            .row(
                Row::new(40, Script::ending(End::ResetBeforeHeaders), Answer::Status(503), RESET)
                    .attempts(&[unanswered(RESET)]),
            )
            .row(Row::new(40, Script::ending(End::ResetMidBody), Answer::Broken(200), CUT))
            .row(Row::new(4, Script::ending(End::NoAnswer), Answer::Status(504), TIMED_OUT).attempts(&[UNANSWERED]))
            .row(Row::new(20, Script::ending(End::NoAnswer), Answer::Gone, LEFT).leave().attempts(&[UNANSWERED])),
        far("svc-00000.far.svc.cluster.local", "far/svc-00000"),
        far("svc-00001.far.svc.cluster.local", "far/svc-00001"),
    ]
}

fn connections() -> Vec<Talk> {
    use hogusu_model::AnsweredBy::Nobody;
    let talk = |source, service| Talk::new(source, service, STORE, 16379).over(Word::Tcp);
    let every_ending = |talk: Talk| {
        talk.tcp(TcpRow::new(200, (TcpScript::Echo, 5000), &[TcpEnd::Echoed], OK).arrives(OK_THERE))
            .tcp(TcpRow::new(50, (TcpScript::Close, 100), &CUT_OFF, OK).arrives(OK_THERE))
            .tcp(TcpRow::new(50, (TcpScript::Reset, 200), &CUT_OFF, CUT).arrives(CUT_THERE))
            .tcp(TcpRow::new(50, (TcpScript::Silent, 300), &[TcpEnd::Left], OK).arrives(OK_THERE))
    };
    vec![
        every_ending(talk(WEB, "store.data")),
        every_ending(talk(CRON, "store.data")),
        talk(CHECKOUT, "closed.data").at_port(CLOSED_PORT).tcp(TcpRow::new(
            40,
            (TcpScript::Echo, 10),
            &CUT_OFF,
            (Outcome::ConnectFailure, Nobody),
        )),
        Talk::new(CHECKOUT, "ghost.data", "ghost.data.svc.cluster.local:6379", 6379)
            .over(Word::Tcp)
            .at_port(6379)
            .tcp(TcpRow::new(40, (TcpScript::Echo, 10), &CUT_OFF, (Outcome::NoHealthyUpstream, Nobody))),
        Talk::new(CHECKOUT, "vault.data", STORE, 16380)
            .over(Word::Tcp)
            .tcp(TcpRow::new(40, (TcpScript::Echo, 10), &CUT_OFF, OK).arrives((Outcome::Denied, Nobody))),
    ]
}
