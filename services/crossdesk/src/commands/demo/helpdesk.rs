//! Sample tickets of the helpdesk line.

use anyhow::{Context as _, Result};
use domain::Role;
use serde_json::{Value, json};

use super::Client;

/// Title, the first message, the agent's answer, the last word.
type Story = (&'static str, &'static str, &'static str, &'static str);

const STORIES: [Story; 10] = [
    (
        "Cannot open my draft",
        "When I click on the draft of chapter 4 the page stays white. Yesterday it still worked.\nFirefox, Windows 11.",
        "I can reproduce it: one of the images in it is broken. Please try again in ten minutes, I am repairing it.",
        "It opens again, and nothing is missing. Thank you!",
    ),
    (
        "Invitation mail does not arrive",
        "I invited three colleagues this morning. Two got the mail, Ines did not. It is not in her spam folder either.",
        "Her mail server refuses us because of a typing error in the address. Could you check the part after the @?",
        "You are right, there was an n too many. I have sent it again.",
    ),
    (
        "Two of my paragraphs are gone",
        "Tom and I were in the same chapter at the same time, and now two of my paragraphs are missing. Can I get them back?",
        "They are there, in the history of the chapter: menu, History, 10:42. Copy them from there into the current text.",
        "Found them. Good that nothing is ever lost here.",
    ),
    (
        "Export as PDF stops at 80 %",
        "The export of the whole book runs to 80 % and stays there. Single chapters work.",
        "The index is too long for the old exporter. I have switched your book to the new one: please try once more.",
        "Took forty seconds, all 612 pages. Perfect.",
    ),
    (
        "How do I change the language of the menus?",
        "The menus are in Polish since I used the computer at the library. I do not speak Polish.",
        "Click on the picture at the top right, then on the third entry, then choose your language in the first list.",
        "Dziękuję! :-)",
    ),
    (
        "Password reset says 'link expired'",
        "I click on the link within a minute and it says that it has expired.",
        "Your mail programme opens links before you do, to look for viruses. Please copy the link into the browser instead.",
        "That was it.",
    ),
    (
        "Formulas look different on the phone",
        "Fractions in exercise 7 are cut off at the bottom on my phone, on the computer they are fine.",
        "Thank you for the picture! The fix is in the next release, on Thursday. Until then: turn the phone sideways.",
        "Sideways works for now.",
    ),
    (
        "",
        "sorry, I pressed enter too early. My question: can two classes share one book?",
        "Yes: open the book, choose Share, and give both classes the role reader.",
        "Great, done.",
    ),
    (
        "Screen reader skips the footnotes",
        "With NVDA the footnotes are not read at all, only their numbers. I depend on them for the exam on the 14th.",
        "This has priority for us. A developer is looking at it; until then I can send you the footnotes as a text.",
        "The text helps a lot. Please tell me when it is repaired.",
    ),
    (
        "Who can see my comments?",
        "Can the pupils see the comments that I write at the margin for my colleague?",
        "No: comments are seen by the editors of a book only. Pupils are readers.",
        "That is what I hoped. Thanks.",
    ),
];

/// Makes a ticket and brings it as far as its number says: from just opened to a conversation of several people.
pub(super) async fn make_ticket(client: &Client, number: usize) -> Result<()> {
    let (title, question, answer, last_word) = STORIES[number % STORIES.len()];
    let author = format!("reader_{:03}", number % 41);
    let agent = format!("agent_{}", number % 4);
    let ticket = client.post("/api/v1/support/tickets", &author, Role::Customer, &json!({"title": title})).await?;
    let id = ticket["id"].as_i64().context("no id in the answer")?;
    let conversation = ticket["conversation"]["id"].as_i64().context("no conversation in the answer")?;
    let messages = format!("/api/v1/conversations/{conversation}/messages");
    let join = format!("/api/v1/support/tickets/{id}/join");
    client.post(&messages, &author, Role::Customer, &json!({"text": question})).await?;
    // A desk at work: of five tickets one is new, one is taken, one answered, two are talked through.
    let stage = number % 5;
    if stage >= 1 {
        client.post(&join, &agent, Role::Agent, &Value::Null).await?;
    }
    if stage >= 2 {
        client.post(&messages, &agent, Role::Agent, &json!({"text": answer})).await?;
    }
    if stage >= 3 {
        client.post(&messages, &author, Role::Customer, &json!({"text": last_word})).await?;
    }
    if stage >= 4 {
        let second = format!("agent_{}", (number + 1) % 4);
        client.post(&join, &second, Role::Agent, &Value::Null).await?;
        let text = json!({"text": "I have noted this for the handbook, so that the next one finds it there."});
        client.post(&messages, &second, Role::Agent, &text).await?;
    }
    Ok(())
}
