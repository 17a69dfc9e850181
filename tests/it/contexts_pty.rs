//! The real dashboard on two real platforms: from one context into the other, and a config that is saved meanwhile.

use std::os::unix::fs::PermissionsExt as _;

use trackside::model::request::{NewProject, Request};

use crate::contexts::Home;
use crate::rig::{PATIENCE, Rig};
use crate::site::Site;

async fn platform(project: &str) -> Site {
    let site = Site::new().await;
    site.ask(Request::CreateProject(NewProject { name: project.to_owned(), ..NewProject::default() })).await.unwrap();
    site
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_goes_into_production_and_sees_it_and_nothing_of_the_context_before() {
    let (shop, bank) = (platform("teapots").await, platform("ledgers").await);
    let home = Home::new("");
    let context = |name: &str, site: &Site, more: &str| {
        let (url, token) = (site.platform().url().to_owned(), site.data().join("token"));
        format!("[contexts.{name}]\nurl = \"{url}\"\ntoken_file = \"{}\"\n{more}", token.display())
    };
    let config = format!("context = \"shop\"\nutc = true\n{}{}", context("shop", &shop, ""), context("bank", &bank, "production = true\n"));
    std::fs::write(home.config(), &config).unwrap();
    let folder = home.path("config").display().to_string();
    let variables = [("XDG_CONFIG_HOME", folder.as_str())];
    let mut it = Rig::start_with(120, 40, env!("CARGO_BIN_EXE_trackside"), &[], &variables, true);
    it.sees("teapots");
    it.press(":context bank\r");
    it.sees("ledgers");
    it.until("the other context is gone and this one is production", |it| {
        let screen = it.contents();
        screen.contains("PROD") && screen.contains("bank") && !screen.contains("teapots")
    });
    // A file that is put in the place of the other one, as editors do it.
    let saved = home.file("config/trackside/new", &config.replace("utc = true", "utc = true\nascii = true\nmuose = true"), 0o600);
    std::fs::rename(saved, home.config()).unwrap();
    it.until("nothing outside ASCII", |it| it.contents().is_ascii() && it.contents().contains("ledgers"));
    it.press("c");
    it.sees("this machine");
    it.press("\x1b");
    it.until("the list is closed", |it| !it.contents().contains("this machine"));
    it.press("q");
    assert_eq!(it.ended(PATIENCE).exit_code(), 0);
    it.is_clean();
    shop.stop().await;
    bank.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_asked_for_on_the_command_line_is_in_the_activity_log_without_any_value() {
    let shop = platform("teapots").await;
    let home = Home::new("");
    let (url, token) = (shop.platform().url().to_owned(), shop.data().join("token"));
    std::fs::write(home.config(), format!("context = \"shop\"\n[contexts.shop]\nurl = \"{url}\"\ntoken_file = \"{}\"\n", token.display()))
        .unwrap();
    let made = home.run(&["service", "create", "teapots/web", "--repo", "/nonexistent/web", "--var", "KEY=c4nary-value"]);
    let log = home.path("state/trackside/activity.jsonl");
    let text = std::fs::read_to_string(&log).unwrap_or_else(|err| panic!("{err}: {made:?}"));
    let line: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(
        (line["context"].as_str(), line["request"].as_str(), line["via"].as_str()),
        (Some("shop"), Some("service.create"), Some("cli"))
    );
    assert!(text.contains("KEY") && !text.contains("c4nary-value"), "{text}");
    assert_eq!(std::fs::metadata(&log).unwrap().permissions().mode() & 0o777, 0o600);
    shop.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_theme_of_ones_own_is_drawn_with_as_it_is_saved_and_its_mistakes_are_said_by_line() {
    let shop = platform("teapots").await;
    let home = Home::new("");
    let (url, token) = (shop.platform().url().to_owned(), shop.data().join("token"));
    let context = format!("[contexts.shop]\nurl = \"{url}\"\ntoken_file = \"{}\"\n", token.display());
    std::fs::write(home.config(), format!("context = \"shop\"\ntheme = \"mine\"\n{context}")).unwrap();
    let folder = home.path("config").display().to_string();
    let variables = [("XDG_CONFIG_HOME", folder.as_str()), ("COLORTERM", "truecolor")];
    let mut it = Rig::start_with(120, 40, env!("CARGO_BIN_EXE_trackside"), &[], &variables, true);
    it.sees("teapots");
    it.sees("there is no theme `mine`");
    std::fs::create_dir(home.path("config/trackside/themes")).unwrap();
    let ground = |it: &vt100::Screen| it.cell(20, 60).map(vt100::Cell::bgcolor);
    // Put there whole, as editors do it.
    let save = |text: &str| {
        let new = home.file("config/trackside/themes/new", text, 0o600);
        std::fs::rename(new, home.path("config/trackside/themes/mine.toml")).unwrap();
    };
    for (word, color) in [("#102030", vt100::Color::Rgb(0x10, 0x20, 0x30)), ("#302010", vt100::Color::Rgb(0x30, 0x20, 0x10))] {
        save(&format!("inherits = \"night\"\n[role]\ntext = {{ fg = \"#eeeeee\", bg = \"{word}\" }}\n"));
        it.until("the ground of the theme", |it| ground(it) == Some(color));
    }
    save("inherits = \"night\"\n[role]\nbda = \"red\"\n");
    it.sees("mine.toml:3: there is no role `bda`");
    it.press("q");
    assert_eq!(it.ended(PATIENCE).exit_code(), 0);
    it.is_clean();
    shop.stop().await;
}
