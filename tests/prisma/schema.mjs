// The app's schema.prisma as its team has it after pasting what `schema print --format prisma` prints.
import { readFileSync } from 'node:fs';

const app = readFileSync(new URL('./app.prisma', import.meta.url), 'utf8');

/** The lines that go into models which are there already: they are printed as comments. */
function fields(printed) {
  const models = new Map();
  let model = null;
  for (const line of printed.split('\n').filter((line) => line.startsWith('//'))) {
    const text = line.replace(/^\/\/ ?/, '');
    const begins = text.match(/^model (\w+) \{$/);
    if (begins) models.set((model = begins[1]), models.get(model) ?? []);
    else if (text === '}') model = null;
    else if (model) models.get(model).push(text);
  }
  return models;
}

/** The whole schema for an engine: the app's, the lines, the new models. */
export function pasted(printed, provider) {
  let whole = app.replace(/provider = "sqlite"/, `provider = "${provider}"`);
  for (const [model, lines] of fields(printed)) {
    const at = whole.indexOf('\n}', whole.indexOf(`model ${model} {`));
    whole = `${whole.slice(0, at)}\n${lines.join('\n')}${whole.slice(at)}`;
  }
  const models = printed.split('\n').filter((line) => !line.startsWith('// ') && line !== '//');
  return `${whole}\n${models.join('\n')}`;
}
