//! Sample tickets of the loan line.

use anyhow::{Context as _, Result};
use domain::Role;
use serde_json::json;

use super::Client;

/// Subject, description, category, priority, the agent's answer, the borrower's last word.
type Story = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const STORIES: [Story; 10] = [
    (
        "Direct debit was taken twice this month",
        "My instalment of 12 March left my account two times, on the 12th and again on the 13th.",
        "category_001",
        "High",
        "I can see both bookings. The second one is on its way back to you; it takes two working days.",
        "The money is back. Thank you for the quick help!",
    ),
    (
        "Card payment is declined in the app",
        "Since the update the app says 'payment failed' whatever card I use. The bank says they see no attempt.",
        "category_001",
        "Critical",
        "Please remove the card and add it again; the update asks for a new confirmation from your bank.",
        "Added it again and the payment went through.",
    ),
    (
        "How do I change my payment day?",
        "I get my salary on the 27th now and would like to pay on the 1st instead of the 25th.",
        "category_002",
        "Low",
        "Done: from next month on we collect on the 1st. You will get a new payment plan by mail.",
        "Perfect.",
    ),
    (
        "Early repayment: what does it cost?",
        "I would like to pay back the rest of my loan in June. Is there a fee, and which sum is it?",
        "category_002",
        "Medium",
        "There is no fee after the third year. The sum for 30 June is in your documents now.",
        "Found it, thanks. I will transfer it on the 28th.",
    ),
    (
        "Payment reminder although I have paid",
        "I got a reminder for February but paid on 3 February. The receipt is attached.",
        "category_001",
        "High",
        "Your transfer had no loan number in it and waited for a match. It is booked; please ignore the reminder.",
        "Good to know. I will use the template next time.",
    ),
    (
        "Name change after my wedding",
        "I have a new last name and a new account. What do you need from me?",
        "category_002",
        "Medium",
        "A copy of the certificate and the new IBAN, please: you can upload both here.",
        "Uploaded.",
    ),
    (
        "Instalment too high after rate change",
        "The new plan shows 40 more a month than the letter announced.",
        "category_002",
        "High",
        "The letter was right. We have corrected the plan; the next collection has the lower sum.",
        "I see the corrected plan now.",
    ),
    (
        "Payment pause because of illness",
        "I am in hospital for some weeks. Can I pause the payments in April and May?",
        "category_001",
        "Critical",
        "Of course. Two instalments are put at the end of the plan. All the best to you!",
        "That is a great relief.",
    ),
    (
        "Statement for the tax office",
        "I need the interest paid last year in a form that the tax office accepts.",
        "category_002",
        "Low",
        "The certificate is in your documents, under the year.",
        "Got it.",
    ),
    (
        "Unknown sender asks me to pay to another account",
        "I got an e-mail in your name that asks me to send the next instalment to a new account. Is that you?",
        "category_001",
        "Critical",
        "It is not us. Please do not pay there, and forward the mail to us: our account never changes by mail.",
        "Forwarded. I have not paid anything.",
    ),
];

/// Makes a ticket and brings it as far as its number says: from just opened to closed.
pub(super) async fn make_ticket(client: &Client, number: usize) -> Result<()> {
    let (subject, description, category, priority, answer, last_word) = STORIES[number % STORIES.len()];
    let borrower = format!("borrower_{:03}", number % 37);
    let agent = format!("agent_{}", number % 4);
    let body = json!({"subject": subject, "description": description, "categoryId": category, "priority": priority});
    let created = client.post("/support/tickets", &borrower, Role::Customer, &body).await?;
    let id = created["data"]["ticketId"].as_str().context("no ticketId in the answer")?;
    let messages = format!("/support/tickets/{id}/messages");
    // A desk at work: of five tickets one is new, one answered, one answered back, two are closed.
    let stage = number % 5;
    if stage >= 1 {
        client.post(&messages, &agent, Role::Agent, &json!({"message": answer})).await?;
    }
    if stage >= 2 {
        client.post(&messages, &borrower, Role::Customer, &json!({"message": last_word})).await?;
    }
    if stage >= 3 {
        let resolution = json!({"resolution": "Solved with the first answer"});
        client.post(&format!("/support/tickets/{id}/close"), &borrower, Role::Customer, &resolution).await?;
    }
    Ok(())
}
