// Opens each page of a folder in a browser, light and dark, as wide as a desktop and as a phone, and lets axe-core look at it
// with all of its rules, contrast among them. Ends non-zero where a rule is broken.
import chromium from "@sparticuz/chromium";
import axe from "axe-core";
import puppeteer from "puppeteer-core";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const SCHEMES = ["light", "dark"];
const WIDTHS = [1280, 390];
// Besides what the Web Content Accessibility Guidelines ask for, what axe-core calls best practice.
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

// The words of drawings, which axe-core does not measure, with their contrast against the paper: WCAG's own formula.
function contrastsOfDrawings() {
  const rgb = (color) => color.match(/[\d.]+/g).slice(0, 3).map((part) => part / 255);
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const luminance = (color) => {
    const [red, green, blue] = rgb(color).map(linear);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const paper = luminance(getComputedStyle(document.body).backgroundColor);
  return [...document.querySelectorAll("svg text")].map((text) => {
    const [dark, bright] = [luminance(getComputedStyle(text).fill), paper].sort((a, b) => a - b);
    return { words: text.textContent, ratio: Math.round(((bright + 0.05) / (dark + 0.05)) * 100) / 100 };
  });
}

// Measured by us, or a sign that says nothing by itself.
function isKnown(node) {
  const reasons = node.any.map((check) => check.data?.messageKey);
  return node.html.startsWith("<text") || reasons.some((reason) => ["nonBmp", "shortTextContent"].includes(reason));
}

const folder = resolve(process.argv[2]);
const pages = readdirSync(folder).filter((name) => name.endsWith(".html")).sort();
if (pages.length === 0) throw new Error(`${folder} has no page`);

const browser = await puppeteer.launch({
  args: chromium.args,
  executablePath: await chromium.executablePath(),
  headless: "shell",
});
let looked = 0;
let contrasts = 0;
let unclear = 0;
let broken = 0;
try {
  for (const name of pages) {
    for (const scheme of SCHEMES) {
      for (const width of WIDTHS) {
        const page = await browser.newPage();
        await page.setViewport({ width, height: 900 });
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
        await page.goto(pathToFileURL(join(folder, name)).href);
        await page.evaluate(axe.source);
        const { violations } = await page.evaluate((tags) => axe.run({ runOnly: tags }), TAGS);
        // What a table has scrolled out of sight and the words of drawings are measured by themselves.
        await page.addStyleTag({ content: ".scroll { overflow: visible !important }" });
        const contrast = await page.evaluate(() => axe.run({ runOnly: { type: "rule", values: ["color-contrast"] } }));
        const drawn = await page.evaluate(contrastsOfDrawings);
        const measured = [...contrast.passes, ...contrast.violations].flatMap((rule) => rule.nodes);
        contrasts += measured.length + drawn.length;
        unclear += contrast.incomplete.flatMap((rule) => rule.nodes).filter((node) => !isKnown(node)).length;
        for (const { words, ratio } of drawn.filter(({ ratio }) => !(ratio >= 4.5))) {
          broken += 1;
          console.log(`${name}, ${scheme}, ${width} px: contrast ${ratio} of “${words}” in a drawing`);
        }
        looked += 1;
        const poor = contrast.violations.filter(() => !violations.some((rule) => rule.id === "color-contrast"));
        for (const rule of [...violations, ...poor]) {
          broken += 1;
          console.log(`${name}, ${scheme}, ${width} px: ${rule.id}: ${rule.help} (${rule.nodes.length})`);
          for (const node of rule.nodes.slice(0, 3)) {
            const why = [...node.any, ...node.all, ...node.none].map((check) => check.message);
            console.log(`    ${node.target.join(" ")}: ${why.join("; ")}`);
          }
        }
        await page.close();
      }
    }
  }
} finally {
  await browser.close();
}
if (contrasts === 0) throw new Error("no contrast was measured");
console.log(
  `axe ${axe.version}: ${pages.length} pages, ${looked} looks, ${contrasts} contrasts measured, ${unclear} not measurable, ` +
    `${broken} rules broken`,
);
process.exit(broken === 0 ? 0 : 1);
