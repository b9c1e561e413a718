//! Looks for clusters in many regions side by side (security.md 8.3): a region that is slow or refused is a line of
//! its own and keeps no other one waiting.

use super::look::{TICK, sentence};
use crate::domain::discovery::Discovery;
use crate::domain::{Partition, Region, Shown};
use crate::ports::{Answer, World};
use futures::StreamExt as _;
use futures::future::{AbortHandle, BoxFuture, abortable};
use futures::stream::FuturesUnordered;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// How many regions are asked at the same time.
const SIDE_BY_SIDE: usize = 8;
/// After this time a region is said to be slow.
const SLOW: Duration = Duration::from_secs(4);
/// After this time a region is given up.
const LIMIT: Duration = Duration::from_secs(30);

/// Asks eks:ListClusters of the regions: those named, else all that the account can use, else all known ones of its
/// partition.
///
/// Says the regions first, then of each either its clusters or why there is no answer (A01, A18), and once that it is
/// slow. Clusters are only named: one call a region (and page), whatever their number. Dropping the future, or the
/// receiver, ends all calls.
pub async fn discover(world: &World, regions: &[String], say: UnboundedSender<Discovery>) {
    let regions = if regions.is_empty() { usable(world).await } else { once_each(regions) };
    // What nobody listens to any more need not be said, nor asked.
    let tell = |what| drop(say.send(what));
    tell(Discovery::Regions(regions.clone()));
    let mut asked = Asked { world, waiting: regions.into(), calls: FuturesUnordered::new(), open: BTreeMap::new() };
    asked.fill();
    let mut tick = world.host.sleep(TICK);
    while !asked.open.is_empty() && !say.is_closed() {
        tokio::select! {
            biased;
            Some((region, answer)) = asked.calls.next() => if let Some(answer) = answer {
                asked.open.remove(&region);
                tell(match answer {
                    Ok(clusters) => Discovery::Clusters(region, clusters),
                    Err(trouble) => Discovery::Refused(region, sentence(&trouble)),
                });
            },
            () = &mut tick => {
                tick = world.host.sleep(TICK);
                asked.age().into_iter().for_each(tell);
            }
        }
        asked.fill();
    }
}

/// A region's answer, or `None` for a call that was given up.
type Heard = (String, Option<Answer<Vec<String>>>);

/// The regions that are being asked, and those that wait for their turn.
struct Asked<'a> {
    world: &'a World,
    waiting: VecDeque<String>,
    calls: FuturesUnordered<BoxFuture<'a, Heard>>,
    /// How long a region has been asked, and how it is given up.
    open: BTreeMap<String, (Duration, AbortHandle)>,
}

impl Asked<'_> {
    /// Asks the next regions, as many as may be asked at the same time.
    fn fill(&mut self) {
        while self.open.len() < SIDE_BY_SIDE
            && let Some(region) = self.waiting.pop_front()
        {
            let (world, asked) = (self.world, region.clone());
            let (call, handle) = abortable(async move { world.aws.clusters(&asked).await });
            self.open.insert(region.clone(), (Duration::ZERO, handle));
            self.calls.push(Box::pin(async move { (region, call.await.ok()) }));
        }
    }

    /// Lets a tick pass; answers what there is to say of those that take long.
    fn age(&mut self) -> Vec<Discovery> {
        let mut news = Vec::new();
        self.open.retain(|region, (age, handle)| {
            *age += TICK;
            if *age >= LIMIT {
                handle.abort();
                news.push(Discovery::Refused(region.clone(), Shown::new("no answer")));
                return false;
            }
            if *age == SLOW {
                news.push(Discovery::Slow(region.clone()));
            }
            true
        });
        news
    }
}

/// The regions asked for, each once, in their order.
fn once_each(regions: &[String]) -> Vec<String> {
    let mut all = Vec::with_capacity(regions.len());
    for region in regions {
        if !all.contains(region) {
            all.push(region.clone());
        }
    }
    all
}

/// The regions that the account can use, the profile's own first. Where account:ListRegions does not answer, those
/// known when this was built.
async fn usable(world: &World) -> Vec<String> {
    let home = world.aws.home().await.unwrap_or_default();
    let mut all = match world.aws.regions().await {
        Ok(found) => found.into_iter().filter(|region| region.enabled).map(|region| region.name).collect(),
        Err(trouble) => {
            tracing::info!(%trouble, "the regions cannot be listed: all known ones are asked");
            known(world, &home).await
        }
    };
    all.sort_by_key(|region| *region != home);
    all
}

/// The known regions of the caller's partition; of the home region's where the caller is not known either.
async fn known(world: &World, home: &str) -> Vec<String> {
    let caller = world.aws.caller().await.ok().and_then(|caller| Partition::parse(&caller.partition).ok());
    let partition = caller.or_else(|| of_region(home)).unwrap_or(Partition::Aws);
    Region::all_known().filter(|region| of_region(region) == Some(partition)).map(str::to_owned).collect()
}

fn of_region(region: &str) -> Option<Partition> {
    Region::parse(region).ok().as_ref().and_then(Partition::of_region)
}
