//! A step's fields, one after the other; back never validates and loses nothing.

use super::ask::{Reply, stopped};
use super::field::{self, Offer};
use super::{Go, Leave, Start, Wizard};
use crate::app::{Check, Question, bucket_region, bucket_verdict, key_verdict, understood};
use crate::app::{Known, Load, Remark, Tone, advice_asked, advice_of, cluster_of, decide, ruled_out};
use crate::app::{offered_keys, offered_of_space, remarks};
use crate::domain::discovery::{FoundBucket, FoundKey};
use crate::engine::{check_bucket, check_key, identity_advice, key_states, planes, volumes};
use crate::plan::answers::Problem;
use crate::wizard::{Field, Offers, StepId, restore};

/// What was looked up to be offered.
#[derive(Default)]
pub struct Offered {
    /// The account's buckets, once they were asked for.
    buckets: Option<Vec<FoundBucket>>,
    /// The keys of a region.
    keys: Option<(String, Vec<FoundKey>)>,
}

/// What came of a field.
enum Asked {
    /// It is answered, rightly.
    On,
    /// The one before is wanted.
    Back,
    /// This one is wanted again.
    Again,
    /// All fields are wanted.
    More,
}

impl Wizard<'_> {
    /// Asks the fields of a step.
    pub async fn form(&mut self, id: StepId) -> Result<Go, Leave> {
        self.heading(id);
        self.look_up(id).await;
        let start = std::mem::take(&mut self.start);
        let mut more = matches!(&start, Start::At(path) if crate::wizard::fields(&self.draft, id).iter().any(|it| it.more && it.owns(path)));
        self.say_more(id, more);
        let fields = self.fields(id, more);
        let mut at = match start {
            Start::First => fields.first().copied(),
            Start::Last => fields.last().copied(),
            Start::At(path) => fields.iter().find(|field| field.owns(&path)).or(fields.first()).copied(),
        };
        loop {
            let Some(here) = at else {
                // What is wrong although each field was answered rightly for itself.
                let problems = self.draft.problems_of(id);
                let wrong = self.fields(id, true).into_iter().find(|it| problems.iter().any(|one| it.owns(&one.field)));
                let Some(wrong) = wrong else { return Ok(Go::Next) };
                for problem in problems.iter().filter(|problem| wrong.owns(&problem.field)) {
                    self.problem(problem);
                }
                more |= wrong.more;
                at = Some(wrong);
                continue;
            };
            let mut asked = self.field(id, here).await?;
            if matches!(asked, Asked::On) && here.path == "bucket.prefix" && !self.gaps().await? {
                // Back from the gaps is back at the prefix.
                asked = Asked::Again;
            }
            match asked {
                Asked::Again => {}
                Asked::More if more => self.say("All settings of this step are asked for already."),
                Asked::More => {
                    more = true;
                    self.say("The further settings are asked for after these.");
                }
                Asked::On => {
                    let fields = self.fields(id, more);
                    let place = fields.iter().position(|it| *it == here);
                    at = place.and_then(|place| fields.get(place + 1)).copied();
                }
                Asked::Back => {
                    let fields = self.fields(id, more);
                    let place = fields.iter().position(|it| *it == here);
                    match place.and_then(|place| place.checked_sub(1)).and_then(|place| fields.get(place)) {
                        Some(before) => at = Some(before),
                        None => return Ok(Go::Back),
                    }
                }
            }
        }
    }

    /// The fields that are asked now: those in sight, then the further ones.
    fn fields(&self, id: StepId, more: bool) -> Vec<&'static Field> {
        let shown = crate::wizard::fields(&self.draft, id);
        let (mut first, rest): (Vec<_>, Vec<_>) = shown.into_iter().partition(|field| !field.more);
        if more {
            first.extend(rest);
        }
        first
    }

    /// Says which settings are asked for only when they are wanted.
    fn say_more(&mut self, id: StepId, more: bool) {
        let further = crate::wizard::fields(&self.draft, id).into_iter().filter(|it| it.more);
        let rest: Vec<&str> = further.map(|it| it.label.as_str()).collect();
        if !more && !rest.is_empty() {
            self.say(format!(
                "Further settings have good defaults: {}. Answer more to be asked for them.",
                rest.join(", ")
            ));
        }
    }

    /// Asks one field until its answer can stand.
    async fn field(&mut self, id: StepId, asked: &'static Field) -> Result<Asked, Leave> {
        if let Some((at, "context")) = restore::place(&asked.path) {
            let (name, region) = self.draft.restore_name(at);
            self.say(format!("Restore cluster {name} in {region}."));
        }
        let offers = self.offers(asked);
        for line in field::words(asked, &offers) {
            self.say(line);
        }
        let mut said = self.remarks(asked);
        self.say_remarks(&said);
        loop {
            let question = field::question(asked, &self.draft);
            match self.ask(&question)? {
                Reply::Back => return Ok(Asked::Back),
                Reply::More => return Ok(Asked::More),
                Reply::Help => {
                    self.explain(id, asked);
                    continue;
                }
                Reply::Keep => {}
                Reply::Text(text) => match field::read(asked, &offers, &text) {
                    Ok(value) => {
                        self.draft.set(&asked.path, &value);
                        self.keep();
                    }
                    Err(why) => {
                        self.say(why);
                        continue;
                    }
                },
            }
            let now = self.remarks(asked);
            let new: Vec<Remark> = now.iter().filter(|remark| !said.contains(remark)).cloned().collect();
            said = now;
            self.say_remarks(&new);
            if self.stands(asked).await {
                return Ok(Asked::On);
            }
        }
    }

    /// What is known that helps with a field.
    fn remarks(&self, field: &Field) -> Vec<Remark> {
        let known = Known {
            draft: &self.draft,
            lore: &self.lore,
            account: self.account.as_deref(),
            buckets: self.offers.buckets.as_deref().unwrap_or_default(),
            detail: self.found.detail_of(self.draft.text("cluster.region"), self.draft.text("cluster.name")),
            now: self.world.host.now().as_millisecond(),
            zone: self.zone.as_ref(),
        };
        remarks(&known, field)
    }

    fn say_remarks(&mut self, remarks: &[Remark]) {
        for remark in remarks {
            let mark = if remark.tone == Tone::Care { "Note: " } else { "" };
            self.say(format!("{mark}{}", sentence(remark.text.as_str())));
        }
    }

    /// Why the step is asked, and what the field takes.
    fn explain(&mut self, id: StepId, field: &Field) {
        let words =
            [("Enter", "keep what stands in brackets"), ("=", "back to the default, or =TEXT for a text as it is")];
        self.help(id, &words);
        self.say(format!("{}: {}", field.label, stopped(&field.hint)));
        if !field.example.is_empty() {
            self.say(format!("For example: {}", field.example));
        }
    }

    /// Whether a field's answer can stand: what its parser says, then what the account says.
    async fn stands(&mut self, field: &'static Field) -> bool {
        if let Some(said) = understood(&mut self.draft, field) {
            self.say(stopped(&said));
            self.keep();
        }
        let problems = self.draft.problems();
        let wrong: Vec<&Problem> = problems.iter().filter(|problem| field.owns(&problem.field)).collect();
        for problem in &wrong {
            self.problem(problem);
        }
        if !wrong.is_empty() {
            return false;
        }
        if let Some(problem) = ruled_out(&self.draft, &self.lore, field) {
            self.problem(&problem);
            return false;
        }
        let check = self.check(field).await;
        match check {
            None | Some(Check::Checking) => true,
            Some(Check::Good(what)) => {
                self.say(format!("Checked: {}", stopped(what.as_str())));
                true
            }
            Some(Check::Note(what)) => {
                self.say(format!("Note: {}", stopped(what.as_str())));
                true
            }
            Some(Check::Bad(what)) => {
                self.say(format!("Problem: {}", stopped(what.as_str())));
                false
            }
        }
    }

    /// What only the account can say of a field.
    async fn check(&mut self, field: &Field) -> Option<Check> {
        let buckets = self.offers.buckets.as_deref().unwrap_or_default();
        match crate::app::question(&self.draft, field, self.account.as_deref(), buckets)? {
            Question::Bucket(name, region) => {
                let account = self.account.clone().unwrap_or_default();
                let create = self.draft.value("bucket.create") == "true";
                Some(bucket_verdict(create, &name, check_bucket(&self.world, &name, &region, &account).await))
            }
            Question::Key(key, region) => {
                let answer = check_key(&self.world, &region, &key).await;
                Some(key_verdict(answer.map(|key| key.map(Box::new))))
            }
        }
    }

    /// Asks the account for what a step's fields offer. What cannot be listed can still be written.
    async fn look_up(&mut self, id: StepId) {
        if id == StepId::Storage && self.offers.buckets.is_none() {
            self.offers.buckets = self.world.aws.buckets().await.ok();
        }
        let region = bucket_region(&self.draft, self.offers.buckets.as_deref().unwrap_or_default());
        let known = self.offers.keys.as_ref().is_some_and(|(of, _)| *of == region);
        if id == StepId::Encryption && !region.is_empty() && !known {
            self.offers.keys = match self.world.aws.aliases(&region).await {
                Ok(keys) => {
                    self.lore.keys.extend(key_states(&self.world, &region, &keys).await);
                    Some((region, keys))
                }
                Err(_) => None,
            };
        }
        if id == StepId::Identity && self.lore.advice.begin(&advice_of(&self.draft), 0) {
            self.lore.advice.load = Load::of(identity_advice(&self.world, &advice_asked(&self.draft)).await);
        }
        if id == StepId::Identity {
            decide(&mut self.draft, &self.lore);
            self.keep();
        }
        let cluster = cluster_of(&self.draft);
        if id == StepId::Options && self.draft.value("tool") == "velero" && self.lore.volumes.begin(&cluster, 0) {
            let text = |path: &str| self.draft.text(path).to_owned();
            let (region, name, context) = (text("cluster.region"), text("cluster.name"), text("cluster.context"));
            self.lore.volumes.load = Load::of(volumes(&self.world, &region, &name, &context).await);
        }
        if id == StepId::Options && self.draft.value("tool") == "upbound-spaces" && self.lore.space.begin(&cluster, 0) {
            let text = |path: &str| self.draft.text(path).to_owned();
            let (region, name, context) = (text("cluster.region"), text("cluster.name"), text("cluster.context"));
            self.lore.space.load = Load::of(planes(&self.world, &region, &name, &context).await);
        }
    }

    /// What is offered for a field now.
    fn offers(&self, field: &Field) -> Vec<Offer> {
        match field.offers {
            Some(Offers::Buckets) if self.draft.value("bucket.create") != "true" => {
                let buckets = self.offers.buckets.iter().flatten();
                buckets.map(|it| (it.name.clone(), it.region.clone())).collect()
            }
            Some(Offers::Keys) => {
                let keys = self.offers.keys.as_ref().map(|(_, keys)| keys.as_slice()).unwrap_or_default();
                offered_keys(keys, &self.lore).into_iter().map(|it| (it.value, it.about.to_string())).collect()
            }
            Some(list @ (Offers::Groups | Offers::Planes)) => {
                let space = self.lore.space.load.here();
                let items = space.map(|space| offered_of_space(space, list)).unwrap_or_default();
                items.into_iter().map(|it| (it.value, it.about.to_string())).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// A remark as a sentence of its own.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    stopped(&format!("{first}{}", letters.as_str()))
}
