//! Sample tickets of the tours line, some with attachments.

use anyhow::{Context as _, Result};
use domain::Role;
use serde_json::{Value, json};

use super::Client;

/// Somebody with a problem.
struct Story {
    role: &'static str,
    name: &'static str,
    email: &'static str,
    category: &'static str,
    subject: &'static str,
    message: &'static str,
    /// What is attached: name, media type, size.
    file: Option<(&'static str, &'static str, i64)>,
}

const STORIES: [Story; 10] = [
    Story {
        role: "TOURIST",
        name: "Lucía Fernández",
        email: "lucia.fernandez@example.com",
        category: "RESERVAS_VIAJES",
        subject: "No veo mi reserva de Oaxaca",
        message: "Reservé el tour de Monte Albán para el sábado y no aparece en mis viajes. El cargo sí está en mi tarjeta.",
        file: Some(("captura-reservas.png", "image/png", 182_340)),
    },
    Story {
        role: "TOURIST",
        name: "Thomas Berger",
        email: "t.berger@example.com",
        category: "PAGOS_FACTURACION",
        subject: "Charged twice for the food tour",
        message: "My card shows two charges of 64 EUR for the market tour on 8 March. Only one booking was confirmed.",
        file: Some(("statement-march.pdf", "application/pdf", 96_412)),
    },
    Story {
        role: "GUIDE",
        name: "Mateo Quispe",
        email: "mateo.quispe@example.com",
        category: "VERIFICACION_GUIAS",
        subject: "Mi licencia de guía sigue en revisión",
        message: "Subí mi licencia hace nueve días y el perfil dice todavía 'en revisión'. Tengo grupos desde el lunes.",
        file: Some(("licencia-guia.pdf", "application/pdf", 411_008)),
    },
    Story {
        role: "TOURIST",
        name: "Amélie Laurent",
        email: "amelie.laurent@example.com",
        category: "CUENTA_SEGURIDAD",
        subject: "Someone signed in from another country",
        message: "I got a mail about a sign-in that was not me. I changed the password; can you end all sessions?",
        file: None,
    },
    Story {
        role: "GUIDE",
        name: "Ana Sofía Rojas",
        email: "anasofia.rojas@example.com",
        category: "PAGOS_FACTURACION",
        subject: "Pago de febrero incompleto",
        message: "Me pagaron 11 de los 14 tours de febrero. Faltan los del 21, 22 y 27.",
        file: Some(("tours-febrero.txt", "text/plain", 1_204)),
    },
    Story {
        role: "TOURIST",
        name: "Grace Okafor",
        email: "grace.okafor@example.com",
        category: "RESERVAS_VIAJES",
        subject: "Wheelchair access on the canyon walk",
        message: "The page says 'accessible', the guide says there are steps. Which is right? We travel on the 20th.",
        file: None,
    },
    Story {
        role: "GUEST",
        name: "",
        email: "",
        category: "GENERAL",
        subject: "Do you offer tours in Portuguese?",
        message: "We are a group of six in Lisbon and would like to see Sintra with a guide who speaks Portuguese.",
        file: None,
    },
    Story {
        role: "TOURIST",
        name: "Kenji Watanabe",
        email: "kenji.watanabe@example.com",
        category: "RESERVAS_VIAJES",
        subject: "Guide did not come to the meeting point",
        message: "We waited 45 minutes at the fountain. Nobody came and the phone was off. We would like our money back.",
        file: Some(("meeting-point.jpg", "image/jpeg", 2_310_554)),
    },
    Story {
        role: "GUIDE",
        name: "Diego Hernández",
        email: "diego.hdez@example.com",
        category: "OTRO",
        subject: "El calendario muestra otra zona horaria",
        message: "Mis tours de Cancún salen una hora más tarde en el calendario desde el cambio de horario.",
        file: Some(("calendario.webp", "image/webp", 58_120)),
    },
    Story {
        role: "TOURIST",
        name: "Priya Nair",
        email: "priya.nair@example.com",
        category: "CUENTA_SEGURIDAD",
        subject: "Cannot change my e-mail address",
        message: "The confirmation link says 'expired' as soon as it arrives. I tried three times today.",
        file: None,
    },
];

/// Makes a ticket and brings it as far as its number says: from just opened to closed.
pub(super) async fn make_ticket(client: &Client, number: usize) -> Result<()> {
    let story = &STORIES[number % STORIES.len()];
    // Subjects that are numbers: the marketplace's own users, whose tickets carry their `userId`.
    let user = 4201 + number % 41;
    let (customer, agent) = (user.to_string(), format!("agent_{}", number % 4));
    let mut ticket = json!({
        "userId": user,
        "roleContext": story.role,
        "fullName": story.name,
        "email": story.email,
        "subject": story.subject,
        "category": story.category,
        "message": story.message,
    });
    let created = client.post("/api/support_tickets", &customer, Role::Customer, &ticket).await?;
    let id = created["ticketId"].as_i64().context("no ticketId in the answer")?;
    if let Some(file) = story.file {
        attach(client, &customer, id, file).await?;
    }
    // A desk at work: of five tickets two are new, one is worked on, one solved, one closed.
    let steps: &[(&str, Role, &str)] = match number % 5 {
        2 => &[(&agent, Role::Agent, "IN_PROGRESS")],
        3 => &[(&agent, Role::Agent, "IN_PROGRESS"), (&agent, Role::Agent, "RESOLVED")],
        4 => &[(&agent, Role::Agent, "RESOLVED"), (&customer, Role::Customer, "CLOSED")],
        _ => &[],
    };
    for (who, role, status) in steps {
        ticket["status"] = Value::from(*status);
        client.put(&format!("/api/support_tickets/{id}"), who, *role, &ticket).await?;
    }
    Ok(())
}

async fn attach(client: &Client, customer: &str, ticket: i64, file: (&str, &str, i64)) -> Result<()> {
    let (name, media_type, size) = file;
    let attachment = json!({
        "ticketId": ticket,
        "fileUrl": format!("https://cdn.example.com/attachments/{ticket}/{name}"),
        "fileName": name,
        "mimeType": media_type,
        "fileSizeBytes": size,
    });
    client.post("/api/support_ticket_attachments", customer, Role::Customer, &attachment).await?;
    Ok(())
}
