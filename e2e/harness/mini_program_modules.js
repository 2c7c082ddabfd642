'use strict';

/** ES modules as CommonJS, as WeChat's tool turns them before it packs a mini program: enough for the pages that the tests open. */

const IMPORT = /^import\s+(?:([\w$]+)\s*,?\s*)?(?:\{([^}]*)\}|\*\s+as\s+([\w$]+))?\s*(?:from\s+)?['"]([^'"]+)['"];?/gm;
const DECLARED = /^export\s+((?:async\s+)?function\*?|class|const|let|var)\s+([\w$]+)/gm;
const LISTED = /^export\s*\{([^}]*)\};?/gm;

function commonJS(source) {
  if (!/^(import|export)\b/m.test(source)) return source;
  const exported = [];
  let count = 0;
  const body = source
    .replace(IMPORT, (_, whole, named, all, from) => {
      count += 1;
      const module = `_module${count}`;
      const lines = [`const ${module} = require(${JSON.stringify(from)});`];
      if (whole) lines.push(`const ${whole} = ${module} && ${module}.__esModule ? ${module}.default : ${module};`);
      if (all) lines.push(`const ${all} = ${module};`);
      if (named) lines.push(`const {${named.replace(/\s+as\s+/g, ': ')}} = ${module};`);
      return lines.join(' ');
    })
    .replace(/^export\s+default\s+/gm, 'exports.default = ')
    .replace(DECLARED, (_, kind, name) => {
      exported.push([name, name]);
      return `${kind} ${name}`;
    })
    .replace(LISTED, (_, names) => {
      for (const each of names.split(',').map((name) => name.trim()).filter(Boolean)) {
        const [local, outside] = each.split(/\s+as\s+/);
        exported.push([outside || local, local]);
      }
      return '';
    });
  const tail = exported.map(([outside, local]) => `exports.${outside} = ${local};`).join('\n');
  return `Object.defineProperty(exports, '__esModule', { value: true });${body}\n${tail}\n`;
}

module.exports = { commonJS };
