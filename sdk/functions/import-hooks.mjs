// Resolution of `import` inside a worker; see modules.js. Runs in Node's thread for module hooks.

import Module from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

let packages = {};
let layers = [];
let broughtAlong = {};
let requireFrom = '';

export function initialize(data) {
  ({ packages, layers, broughtAlong, requireFrom } = data);
}

export async function resolve(specifier, context, nextResolve) {
  if (Object.hasOwn(packages, specifier)) {
    return { url: bridge(specifier), format: 'module', shortCircuit: true };
  }
  try {
    return await nextResolve(specifier, context);
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || /^(\.|\/|file:)/.test(specifier)) throw error;
    return resolveElsewhere(specifier, context, nextResolve, error);
  }
}

async function resolveElsewhere(specifier, context, nextResolve, notFound) {
  for (const layer of layers.filter((folder) => path.basename(folder) === 'node_modules')) {
    try {
      const parentURL = pathToFileURL(path.join(layer, '..', 'layer.js')).href;
      return await nextResolve(specifier, { ...context, parentURL });
    } catch (error) {
      if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    }
  }
  // Folders of packages that are not called node_modules are known to `require` only.
  const found = Module._findPath(specifier, layers, false);
  if (found) return nextResolve(pathToFileURL(found).href, context);
  if (Object.hasOwn(broughtAlong, specifier)) {
    return { url: broughtAlong[specifier], format: 'commonjs', shortCircuit: true };
  }
  throw notFound;
}

/** A module whose exports are those that `require` answers for the same name. */
function bridge(name) {
  const lines = [
    "import { createRequire } from 'node:module';",
    `const sdk = createRequire(${JSON.stringify(requireFrom)})(${JSON.stringify(name)});`,
    'export default sdk;',
    ...packages[name].map((exported, index) => `const e${index} = sdk.${exported}; export { e${index} as ${exported} };`),
  ];
  return `data:text/javascript,${encodeURIComponent(lines.join('\n'))}`;
}
