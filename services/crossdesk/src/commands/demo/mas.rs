//! Sample requests of the MAS line.

use anyhow::Result;
use serde_json::json;

use super::Client;

/// Reason code, reason, service code, service description.
type Service = (&'static str, &'static str, &'static str, &'static str);

const SERVICES: [Service; 6] = [
    ("RES", "Resume Service", "6FL", "6 Yard FEL"),
    ("RES", "Resume Service", "4REL", "4 Yard REL, twice a week"),
    ("RESPAY", "Resume after payment", "96G", "96 Gallon cart"),
    ("RESPAY", "Resume after payment", "8FL", "8 Yard FEL"),
    ("RESERR", "Cut off by mistake", "2RO", "20 Yard roll-off"),
    ("RESSEA", "Resume after seasonal stop", "64R", "64 Gallon recycling cart"),
];

/// Who takes the calls that end in a request.
const REQUESTORS: [&str; 5] = ["Dana Whitlock", "Marcus Oyelaran", "Priya Raman", "Jonas Feld", "Celia Duarte"];

/// Makes a request of the local sample user, as Siebel would. The accounts are few, so some customers come again.
pub(super) async fn make_ticket(client: &Client, number: usize) -> Result<()> {
    let (reason_code, reason, code, description) = SERVICES[number % SERVICES.len()];
    let customer = format!("10412799{:04}", 3008 + number % 23);
    let requestor = REQUESTORS[number % REQUESTORS.len()];
    let account = requestor.to_lowercase().replace(' ', ".");
    // Trucks start early; a request is for one of the next days, and the number makes it another day each time.
    let dispatch = format!("2026-12-{:02}T{:02}:30:00.000-05:00", 1 + number % 28, 6 + number % 4);
    let mut body = json!({
        "customer_id": customer,
        "reason_code": reason_code,
        "reason": reason,
        "dispatch_date_time": dispatch,
        "service": {"id": (number % 4 + 1).to_string(), "code": code, "description": description},
        "requestor_info": {
            "name": requestor,
            "phone": 5_550_100_000_u64 + number as u64,
            "email": format!("{account}@example.com"),
        },
    });
    if !number.is_multiple_of(3) {
        body["assigned_to_user"] = json!(format!("CSR{}", number % 7 + 1));
    }
    // The same number is the same request, so loading the demo twice makes no request twice.
    let tracking_id = format!("demo-{number}");
    client.post_as_siebel(&format!("/api/v1/customers/{customer}/tickets"), &tracking_id, &body).await?;
    Ok(())
}
