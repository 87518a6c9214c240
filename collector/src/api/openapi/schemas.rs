//! How types become JSON Schema 2020-12, which OpenAPI 3.1 takes as it is: the words of a program's own documentation are put into those of
//! JSON.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

/// Of types as they are written, with definitions where OpenAPI has them.
pub(super) fn generator() -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    settings.with_transform(RecursiveTransform(in_words_of_json)).into_generator()
}

/// The schema of a type, by reference.
pub(super) fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

/// Descriptions say `null` where the types say `None`, and hold no line breaks. What an absent field stands for concerns readers of other
/// versions' answers only.
fn in_words_of_json(schema: &mut Schema) {
    schema.remove("default");
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text.replace('\n', " ").replace("`None`", "`null`");
    }
}
