//! Sample tickets of the mobility line.

use anyhow::{Context as _, Result};
use domain::{Clock as _, Role, SystemClock};
use serde_json::{Value, json};

use super::Client;

/// Kind of support, place, asset, priority (or none), the traveller's words, what the provider adds later.
type Story = (&'static str, &'static str, &'static str, Option<&'static str>, &'static str, &'static str);

const STORIES: [Story; 12] = [
    (
        "BROKEN_DOWN",
        "GPS:52.3342433,4.8922234",
        "TI:AMS:342",
        Some("ERROR_CANNOT_CONTINUE"),
        "The motor stopped on the bridge and does not start again. I have pushed the bike to the side of the road.",
        "The traveller walks to the station now and leaves the bike, locked, at the foot of the bridge.",
    ),
    (
        "NOT_AT_LOCATION",
        "GBFS:stations:UTR-11",
        "TI:UTR:118",
        None,
        "The app shows a scooter at the north entrance. There is none, and the alarm button does not answer.",
        "Found it: it stands behind the kiosk, outside the marked area.",
    ),
    (
        "UNABLE_TO_OPEN",
        "GPS:51.9244201,4.4777325",
        "CAR:RTM:77",
        Some("ERROR_CANNOT_CONTINUE"),
        "The door stays locked although the booking has begun. Bluetooth is on, the phone has been restarted.",
        "It opened at the third attempt. Please look at the lock anyway.",
    ),
    (
        "UNABLE_TO_CLOSE",
        "GPS:50.8514000,5.6909700",
        "TI:MST:21",
        Some("ERROR_CAN_CONTINUE"),
        "The ring lock does not close, so the trip cannot be ended. The meter is running.",
        "The lock is closed by hand. The traveller asks for the last ten minutes back.",
    ),
    (
        "NOT_CLEAN",
        "GBFS:stations:AMS-204",
        "CAR:AMS:9",
        None,
        "Coffee all over the front seats. We could drive, but not with a suit on.",
        "Two pictures are on the way.",
    ),
    (
        "ACCIDENT",
        "GPS:52.0704978,4.3006999",
        "TI:HAG:63",
        Some("ERROR_CANNOT_CONTINUE"),
        "A car cut the corner and touched the front wheel. Nobody is hurt. The police has been called.",
        "The report has the number 26-118 and the traveller is on the way home by tram.",
    ),
    (
        "REPORT_DAMAGE",
        "GPS:52.3555177,4.9574525",
        "TI:AMS:501",
        Some("DISTURBING_ISSUE"),
        "The saddle is torn. It was like that when the trip began.",
        "It was reported by the traveller before as well.",
    ),
    (
        "REQUEST_ASSISTANCE",
        "P:platform-4b",
        "TRAIN:NS:3541",
        Some("ERROR_CAN_CONTINUE"),
        "A traveller in a wheelchair needs a ramp at the 16:42 to Eindhoven, carriage 3.",
        "There will be a companion with a second bag.",
    ),
    (
        "MISSING_AFTER_PAUSE",
        "GPS:52.0907374,5.1214201",
        "TI:UTR:240",
        Some("ERROR_CANNOT_CONTINUE"),
        "Paused for twenty minutes in front of the market. The bike is gone, the trip is still running.",
        "A neighbour has seen a van that collects badly parked bikes.",
    ),
    (
        "NOT_AVAILABLE",
        "GBFS:stations:EIN-3",
        "TI:EIN:12",
        None,
        "The bike is there, but behind the fence of a building site.",
        "The site opens at seven in the morning.",
    ),
    (
        "EVIDENCE",
        "GPS:53.2193835,6.5665018",
        "TI:GRQ:5",
        Some("QUESTION"),
        "The pictures of the parked bike that were asked for. It stands inside the line.",
        "One more picture, with the street sign in it.",
    ),
    (
        "OTHER",
        "P:head-office",
        "CAR:AMS:31",
        Some("QUESTION"),
        "Is there a child seat in this car? The listing says so, the picture does not.",
        "The trip is on Saturday.",
    ),
];

const PROVIDERS: [&str; 4] = ["mp-amsterdam", "mp-utrecht", "mp-rotterdam", "mp-student-travel"];

/// Makes a ticket and brings it as far as its number says: from just reported to withdrawn.
pub(super) async fn make_ticket(client: &Client, number: usize) -> Result<()> {
    let (kind, location, asset, priority, words, later) = STORIES[number % STORIES.len()];
    let provider = PROVIDERS[number % PROVIDERS.len()];
    let (leg, package) = (format!("leg-{:04}", number % 400), format!("trip-{:04}", number % 150));
    let mut inputs = json!({
        "type": "supportTicket",
        "supportType": kind,
        "location": location,
        "timestamp": SystemClock.now().to_rfc3339(),
        "priority": priority,
        "comment": words,
        "requestedResponseTime": (number % 6) * 10,
        "context": {"asset": asset, "leg": leg, "package": package},
    });
    if matches!(kind, "REPORT_DAMAGE" | "ACCIDENT") {
        inputs["damage"] = json!({"assetComponent": "FRONT", "description": words});
    }
    inputs["id"] = execute(client, provider, &inputs).await?["id"].clone();
    // A desk at work: of five tickets two are new, one has more to it, one is solved, one withdrawn.
    let stage = number % 5;
    if stage >= 2 {
        inputs["comment"] = later.into();
        execute(client, provider, &inputs).await?;
    }
    if stage >= 3 {
        inputs["status"] = (if stage == 3 { "ISSUE_RESOLVED" } else { "ISSUE_REVOKED" }).into();
        execute(client, provider, &inputs).await?;
    }
    Ok(())
}

async fn execute(client: &Client, provider: &str, inputs: &Value) -> Result<Value> {
    let path = "/processes/request-support/execution";
    client.post(path, provider, Role::Service, &json!({"inputs": inputs})).await.context("request-support")
}
