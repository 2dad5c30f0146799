//! The macros behind `crate::language`: a text stands in English where it is said, and its translation in `lang/id.po`,
//! a catalogue of gettext that a translator opens with any of its editors. The catalogue is read when the tool is compiled. A
//! text without a translation, or whose translation has other placeholders, does not compile: so none is found missing at night.

mod catalogue;
mod placeholders;

use proc_macro::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{LitStr, Token};

/// A text, and what `format!` is given with it.
struct Said {
    text: LitStr,
    arguments: proc_macro2::TokenStream,
}

impl Parse for Said {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let text = input.parse()?;
        let arguments = if input.peek(Token![,]) { input.parse()? } else { proc_macro2::TokenStream::new() };
        Ok(Self { text, arguments })
    }
}

/// The text in the language of this process: a `&'static str`, or a `String` where it is given values as `format!` is.
#[proc_macro]
pub fn tr(input: TokenStream) -> TokenStream {
    let said = syn::parse_macro_input!(input as Said);
    translated(&said).unwrap_or_else(|error| error.to_compile_error()).into()
}

fn translated(Said { text, arguments }: &Said) -> syn::Result<proc_macro2::TokenStream> {
    let translation = translation_of(text)?;
    let is_whole = arguments.is_empty() && placeholders::names(&text.value()).is_empty();
    let (english, indonesian) = match is_whole {
        true => (quote!(#text), quote!(#translation)),
        false => (quote!(::std::format!(#text #arguments)), quote!(::std::format!(#translation #arguments))),
    };
    Ok(quote! {
        match crate::language::current() {
            crate::language::Language::En => #english,
            crate::language::Language::Id => #indonesian,
        }
    })
}

/// A text of a constant, in English: `said` finds its translation where it is shown.
#[proc_macro]
pub fn msg(input: TokenStream) -> TokenStream {
    let text = syn::parse_macro_input!(input as LitStr);
    translation_of(&text).map_or_else(|error| error.to_compile_error(), |_| quote!(#text)).into()
}

/// All texts with their translations, by the texts: what `said` looks in.
#[proc_macro]
pub fn catalogue(_: TokenStream) -> TokenStream {
    let entries = catalogue::entries().iter().map(|(text, translation)| quote!((#text, #translation)));
    quote!(&[#(#entries),*]).into()
}

/// The translation, as a literal that may name what the text may name.
fn translation_of(text: &LitStr) -> syn::Result<LitStr> {
    let words = text.value();
    let Some(translation) = catalogue::entries().get(&words) else {
        return Err(syn::Error::new(text.span(), format!("lang/id.po has no translation of {words:?}")));
    };
    if placeholders::names(&words) != placeholders::names(translation) {
        let why = format!("the translation in lang/id.po has other placeholders: {translation:?}");
        return Err(syn::Error::new(text.span(), why));
    }
    Ok(LitStr::new(translation, text.span()))
}
