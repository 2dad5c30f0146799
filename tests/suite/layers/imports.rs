//! The layers of `docs/ARCHITECTURE.md` hold: every import of `src` goes down, and no files import each other in a
//! circle. The table in that document is the rule, so that the picture cannot lie.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// A file of `src` as a path of module names; the crate's root is empty.
type Module = Vec<String>;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every module that is a file, with its text. `main.rs` is a crate of its own and stands for itself.
fn modules() -> BTreeMap<Module, String> {
    fn walk(folder: &Path, at: &Module, into: &mut BTreeMap<Module, String>) {
        for entry in fs::read_dir(folder).expect("a folder of src") {
            let path = entry.expect("an entry of src").path();
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let child: Module = at.iter().cloned().chain([name.clone()]).collect();
            if path.is_dir() {
                walk(&path, &child, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let module = if matches!(name.as_str(), "lib" | "mod") { at.clone() } else { child };
                into.insert(module, fs::read_to_string(&path).expect("a file of src"));
            }
        }
    }
    let mut modules = BTreeMap::new();
    walk(&root().join("src"), &Module::new(), &mut modules);
    modules
}

/// The modules that each module imports; what only its tests import does not count.
fn imports(modules: &BTreeMap<Module, String>) -> BTreeMap<Module, BTreeSet<Module>> {
    let found = modules.iter().map(|(module, text)| {
        let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{}: {error}", module.join("::")));
        let mut collector = Collector { modules, at: module.clone(), found: BTreeSet::new() };
        collector.visit_file(&file);
        collector.found.remove(module);
        (module.clone(), collector.found)
    });
    found.collect()
}

/// Collects the modules that the paths of one file lead to.
struct Collector<'a> {
    modules: &'a BTreeMap<Module, String>,
    at: Module,
    found: BTreeSet<Module>,
}

impl Collector<'_> {
    fn add(&mut self, path: &[String]) {
        let Some(first) = path.first() else { return };
        let mut absolute: Module = match first.as_str() {
            "crate" | "sejoli_migrate" => path[1..].to_vec(),
            "self" | "super" => {
                let up = path.iter().take_while(|name| *name == "super").count();
                let base = &self.at[..self.at.len().saturating_sub(up)];
                base.iter().chain(&path[up.max(1)..]).cloned().collect()
            }
            child => {
                let below: Module = self.at.iter().cloned().chain([child.to_owned()]).collect();
                if !self.modules.contains_key(&below) {
                    return;
                }
                self.at.iter().chain(path).cloned().collect()
            }
        };
        while !self.modules.contains_key(&absolute) {
            absolute.pop();
        }
        if !absolute.is_empty() {
            self.found.insert(absolute);
        }
    }

    fn add_tree(&mut self, prefix: &[String], tree: &syn::UseTree) {
        let with = |ident: &syn::Ident| -> Vec<String> { [prefix, &[ident.to_string()]].concat() };
        match tree {
            syn::UseTree::Path(path) => self.add_tree(&with(&path.ident), &path.tree),
            syn::UseTree::Name(name) => self.add(&with(&name.ident)),
            syn::UseTree::Rename(rename) => self.add(&with(&rename.ident)),
            syn::UseTree::Glob(_) => self.add(prefix),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_tree(prefix, tree)),
        }
    }
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let of_tests = |attribute: &syn::Attribute| {
            attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Ident>().is_ok_and(|what| what == "test")
        };
        if !item.attrs.iter().any(of_tests) {
            visit::visit_item_mod(self, item);
        }
    }

    /// `pub(in crate::store)` says who may see an item, and imports nothing.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add_tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if matches!(names[0].as_str(), "crate" | "self" | "super" | "sejoli_migrate") && names.len() > 1 {
            self.add(&names);
        }
        visit::visit_path(self, path);
    }
}

/// A layer and those below it that it may import, as a line of the document's table says it.
struct Layer {
    name: String,
    below: Vec<String>,
}

impl Layer {
    /// Whether the table allows it: a room's name stands for all layers in it, too.
    fn may_import(&self, other: &Layer) -> bool {
        let is_named = |name: &String| other.name == *name || other.name.starts_with(&format!("{name}::"));
        self.below.iter().any(is_named)
    }
}

/// The table: a line a layer, the highest first.
fn layers() -> Vec<Layer> {
    let document = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).expect("the document");
    let table = document.split("```layers\n").nth(1).expect("the document has a table of layers");
    let table = table.split("```").next().expect("the table ends");
    let line = |line: &str| {
        let (name, below) = line.split_once('→').expect("a layer and what it may import");
        let below = below.split(',').map(str::trim).filter(|name| !name.is_empty());
        Layer { name: name.trim().to_owned(), below: below.map(str::to_owned).collect() }
    };
    table.lines().map(line).collect()
}

/// The layer of a module: the one that names it, or the nearest room that it lies in.
fn layer_of(layers: &[Layer], module: &Module) -> Option<usize> {
    let name = module.join("::");
    let lies_in = |layer: &Layer| name == layer.name || name.starts_with(&format!("{}::", layer.name));
    let found = layers.iter().enumerate().filter(|(_, layer)| lies_in(layer));
    found.max_by_key(|(_, layer)| layer.name.len()).map(|(at, _)| at)
}

/// What is wrong with the imports by the table, a line each.
fn breaches(layers: &[Layer], imports: &BTreeMap<Module, BTreeSet<Module>>) -> String {
    let mut wrong = String::new();
    for (from, targets) in imports.iter().filter(|(from, targets)| !from.is_empty() && !targets.is_empty()) {
        let Some(own) = layer_of(layers, from) else {
            let _ = writeln!(wrong, "{} is in no layer", from.join("::"));
            continue;
        };
        for to in targets {
            let other = layer_of(layers, to);
            let allowed = other.is_some_and(|other| other == own || layers[own].may_import(&layers[other]));
            if !allowed {
                let _ = writeln!(wrong, "{} imports {}", from.join("::"), to.join("::"));
            }
        }
    }
    wrong
}

/// The first circle of files that is found, if there is one.
fn circle(imports: &BTreeMap<Module, BTreeSet<Module>>) -> Option<Vec<Module>> {
    fn walk(
        at: &Module,
        imports: &BTreeMap<Module, BTreeSet<Module>>,
        way: &mut Vec<Module>,
        done: &mut BTreeSet<Module>,
    ) -> Option<Vec<Module>> {
        if let Some(begins) = way.iter().position(|module| module == at) {
            return Some(way[begins..].to_vec());
        }
        if !done.insert(at.clone()) {
            return None;
        }
        way.push(at.clone());
        let found = imports[at].iter().find_map(|to| walk(to, imports, way, done));
        way.pop();
        found
    }
    let mut done = BTreeSet::new();
    imports.keys().find_map(|module| walk(module, imports, &mut Vec::new(), &mut done))
}

fn of(edges: &[(&str, &[&str])]) -> BTreeMap<Module, BTreeSet<Module>> {
    let module = |name: &str| -> Module { name.split("::").map(str::to_owned).collect() };
    let edge = |(from, to): &(&str, &[&str])| (module(from), to.iter().map(|to| module(to)).collect());
    edges.iter().map(edge).collect()
}

#[test]
fn every_import_goes_down_as_the_document_draws_it() {
    let wrong = breaches(&layers(), &imports(&modules()));
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let found = circle(&imports(&modules()))
        .map(|way| way.iter().map(|module| module.join("::")).collect::<Vec<_>>().join(" → "));
    assert_eq!(found, None);
}

#[test]
fn a_layer_may_only_import_what_stands_below_it_in_the_table() {
    let layers = layers();
    for (at, layer) in layers.iter().enumerate() {
        let (above, below) = layers.split_at(at);
        let upward: Vec<&str> =
            above.iter().filter(|other| layer.may_import(other)).map(|other| other.name.as_str()).collect();
        assert!(upward.is_empty(), "{} may import {upward:?}, which stand above it", layer.name);
        for name in &layer.below {
            let one = Layer { name: String::new(), below: vec![name.clone()] };
            assert!(below.iter().any(|other| one.may_import(other)), "{}: {name} is no layer", layer.name);
        }
    }
}

#[test]
fn a_breach_and_a_circle_would_be_seen() {
    let layers = vec![
        Layer { name: "top".to_owned(), below: vec!["base".to_owned()] },
        Layer { name: "base".to_owned(), below: Vec::new() },
    ];
    let edges = of(&[("top::a", &["base"]), ("base", &["top::a"]), ("elsewhere", &["base"])]);
    assert_eq!(breaches(&layers, &edges), "base imports top::a\nelsewhere is in no layer\n");
    assert!(circle(&edges).is_some());
    assert!(circle(&of(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])])).is_none());
    let modules = BTreeMap::from([
        (vec!["a".to_owned()], "use super::b::{C, d::E as F};\nfn f() { crate::c::g() }".to_owned()),
        (vec!["b".to_owned()], "#[cfg(test)]\nmod tests { use crate::a::X; }".to_owned()),
        (vec!["c".to_owned()], String::new()),
    ]);
    assert_eq!(imports(&modules), of(&[("a", &["b", "c"]), ("b", &[]), ("c", &[])]));
}
