//! Reads what the OpenTelemetry Collector's debug exporter prints of metrics. It is the collector's own understanding of a
//! batch: nothing of ours decodes here.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

/// Attribute -> value as it is printed: `Str(shop)`, `Int(80)`.
type Attributes = BTreeMap<String, String>;

/// One `ResourceMetrics`.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub resource: Attributes,
    pub schema: String,
    /// Name and version of the instrumentation scope.
    pub scope: String,
    pub metrics: Vec<Metric>,
}

#[derive(Clone, Debug, Default)]
pub struct Metric {
    pub name: String,
    pub unit: String,
    pub kind: String,
    pub temporality: String,
    pub points: Vec<Point>,
}

#[derive(Clone, Debug, Default)]
pub struct Point {
    pub attributes: Attributes,
    /// Of a number.
    pub value: u64,
    /// Of a histogram, and the sum over its buckets.
    pub count: u64,
    pub buckets: u64,
    pub sum: f64,
    /// Trace id of its exemplar.
    pub trace: Option<String>,
}

impl Batch {
    pub fn raw(&self, attribute: &str) -> &str {
        raw(&self.resource, attribute)
    }

    pub fn text(&self, attribute: &str) -> &str {
        text(&self.resource, attribute)
    }
}

impl Point {
    pub fn raw(&self, attribute: &str) -> &str {
        raw(&self.attributes, attribute)
    }

    pub fn text(&self, attribute: &str) -> &str {
        text(&self.attributes, attribute)
    }
}

fn raw<'a>(attributes: &'a Attributes, name: &str) -> &'a str {
    attributes.get(name).map_or("", String::as_str)
}

/// What is in `Str(...)`; empty for another type or none.
fn text<'a>(attributes: &'a Attributes, name: &str) -> &'a str {
    raw(attributes, name).strip_prefix("Str(").and_then(|rest| rest.strip_suffix(')')).unwrap_or_default()
}

/// What the following `-> name: value` lines belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Resource,
    Descriptor,
    Point,
    Exemplar,
}

/// Reads all whole batches; fails when the text ends inside a line or is of another form.
pub fn read(printed: &str) -> Result<Vec<Batch>> {
    let mut batches: Vec<Batch> = Vec::new();
    let mut section = Section::Resource;
    for line in printed.lines().map(str::trim) {
        if line.starts_with("ResourceMetrics #") {
            batches.push(Batch::default());
            section = Section::Resource;
            continue;
        }
        // The line before a batch sums it up.
        let Some(batch) = batches.last_mut() else { continue };
        if let Some(entry) = line.strip_prefix("-> ") {
            let (name, value) = entry.split_once(':').with_context(|| format!("no name in {line:?}"))?;
            note(batch, section, name, value.trim())?;
        } else if line == "Descriptor:" {
            batch.metrics.push(Metric::default());
            section = Section::Descriptor;
        } else if line.contains("DataPoints #") {
            batch.metrics.last_mut().context("a point without a metric")?.points.push(Point::default());
            section = Section::Point;
        } else if line.starts_with("Exemplar #") {
            section = Section::Exemplar;
        } else {
            plain(batch, line)?;
        }
    }
    Ok(batches)
}

fn note(batch: &mut Batch, section: Section, name: &str, value: &str) -> Result<()> {
    let (name, value) = (name.to_owned(), value.to_owned());
    if section == Section::Resource {
        batch.resource.insert(name, value);
        return Ok(());
    }
    let metric = batch.metrics.last_mut().context("an entry without a metric")?;
    match (section, name.as_str()) {
        (Section::Descriptor, "Name") => metric.name = value,
        (Section::Descriptor, "Unit") => metric.unit = value,
        (Section::Descriptor, "DataType") => metric.kind = value,
        (Section::Descriptor, "AggregationTemporality") => metric.temporality = value,
        (Section::Point, _) => {
            let point = metric.points.last_mut().context("an attribute without a point")?;
            point.attributes.insert(name, value);
        }
        (Section::Exemplar, "Trace ID") => {
            metric.points.last_mut().context("an exemplar without a point")?.trace = Some(value);
        }
        _ => {}
    }
    Ok(())
}

/// A line that is no list entry.
fn plain(batch: &mut Batch, line: &str) -> Result<()> {
    if let Some(schema) = line.strip_prefix("Resource SchemaURL: ") {
        schema.clone_into(&mut batch.schema);
    } else if let Some(scope) = line.strip_prefix("InstrumentationScope ") {
        scope.clone_into(&mut batch.scope);
    }
    let Some(point) = batch.metrics.last_mut().and_then(|metric| metric.points.last_mut()) else { return Ok(()) };
    if let Some(value) = line.strip_prefix("Value: ") {
        point.value = value.parse()?;
    } else if let Some(count) = line.strip_prefix("Count: ") {
        point.count = count.parse()?;
    } else if let Some(sum) = line.strip_prefix("Sum: ") {
        point.sum = sum.parse()?;
    } else if line.starts_with("Bucket ") {
        let count = line.rsplit_once("Count: ").with_context(|| format!("no count in {line:?}"))?.1;
        point.buckets += count.parse::<u64>()?;
    }
    Ok(())
}
