//! The numbers of a scene that a person can change: those of its map or clusters, its noise, its samples.

use toml::Value;

use super::scene::Scene;

/// A number of a scene.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneParameter {
    /// Its name in the scene file, in words.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// True for numbers that count.
    pub is_whole: bool,
}

/// Numbers that change the dimension of the data.
const OF_DIMENSION: [&str; 3] = ["dimension", "size", "bits"];

impl Scene {
    /// The numbers of the generator, in the order of the scene file.
    pub fn parameters(&self) -> Vec<SceneParameter> {
        let mut parameters = Vec::new();
        if let Some(mut generator) = self.explicit_generator() {
            visit(&mut generator, "", &mut |name, value| {
                let number = value.as_float().or_else(|| value.as_integer().map(|x| x as f64));
                let is_whole = value.is_integer();
                parameters.extend(number.map(|value| SceneParameter { name: name.to_owned(), value, is_whole }));
            });
        }
        parameters
    }

    /// The scene with other numbers, in the order of [`Self::parameters`]. Only a built-in scene keeps its title.
    ///
    /// # Errors
    /// If it can't be generated with them; the sentence names the first.
    pub fn with_parameters(&self, values: &[f64]) -> Result<Self, String> {
        let mut generator = self.explicit_generator().ok_or("this scene has no numbers")?;
        let mut values = values.iter();
        visit(&mut generator, "", &mut |_, value| {
            let Some(x) = values.next() else { return };
            *value = if value.is_integer() { Value::Integer(*x as i64) } else { Value::Float(*x) };
        });
        let generator = generator.try_into().map_err(|e: toml::de::Error| e.message().to_owned())?;
        let scene = Self { generator, ..self.clone() }.titled();
        scene.check().map_err(|e| e.sentence)?;
        Ok(scene)
    }

    /// The scene, with a title that says whether it is the built-in one of its name; that one itself if it has the same numbers.
    #[must_use]
    pub fn titled(self) -> Self {
        match Self::named(&self.name) {
            Some(own) if own.explicit_generator() == self.explicit_generator() => own.clone(),
            Some(own) => Self { title: format!("{}, changed", own.title), ..self },
            None => self,
        }
    }

    /// The generator as in a scene file, with the variance of its noise.
    fn explicit_generator(&self) -> Option<Value> {
        let mut generator = self.generator.clone();
        generator.noise_variance = Some(self.noise_variance());
        Value::try_from(&generator).ok()
    }
}

/// Calls `each` with the name of every number that can be changed.
fn visit(value: &mut Value, name: &str, each: &mut dyn FnMut(&str, &mut Value)) {
    match value {
        Value::Float(_) | Value::Integer(_) => each(name, value),
        Value::Array(values) => {
            for (i, value) in values.iter_mut().enumerate() {
                visit(value, &format!("{name} {}", i + 1), each);
            }
        }
        Value::Table(table) => {
            for (key, value) in table.iter_mut().filter(|(key, _)| !OF_DIMENSION.contains(&key.as_str())) {
                let name = if key == "test_samples" { "held-out samples".to_owned() } else { key.replace('_', " ") };
                visit(value, &name, each);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::GroundTruthMap;

    #[test]
    fn the_numbers_of_every_scene_are_read_and_written() {
        for scene in Scene::built_in() {
            let parameters = scene.parameters();
            assert!(parameters.iter().any(|p| p.name == "samples" && p.is_whole), "{}", scene.name);
            let values: Vec<f64> = parameters.iter().map(|p| p.value).collect();
            assert_eq!(scene.with_parameters(&values).as_ref(), Ok(scene), "with its own numbers it is itself");
        }
    }

    #[test]
    fn a_changed_number_is_that_of_the_map() {
        let scene = Scene::named("linear-equal").unwrap();
        let parameters = scene.parameters();
        let place = parameters.iter().position(|p| p.name == "scales 1").unwrap();
        let mut values: Vec<f64> = parameters.iter().map(|p| p.value).collect();
        values[place] = 1.5;
        let changed = scene.with_parameters(&values).unwrap();
        let Some(GroundTruthMap::Linear { scales, dimension: 3 }) = changed.truth() else { panic!() };
        assert_eq!(scales, &[1.5, 1.0]);
        assert_eq!((changed.name.as_str(), changed.title.as_str()), ("linear-equal", "Equal singular values, changed"));
        assert_eq!((changed.noise_variance(), changed.training.clone()), (0.05, scene.training.clone()));
        values[place] = f64::NAN;
        assert!(scene.with_parameters(&values).unwrap_err().contains("[generator.map]"));
        let samples = parameters.iter().position(|p| p.name == "samples").unwrap();
        values[place] = 1.0;
        values[samples] = 3.0;
        assert!(scene.with_parameters(&values).unwrap_err().contains("samples = 3 is outside"));
    }
}
