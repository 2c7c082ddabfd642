// What several pages share: the language and the bag. Those who show them are told when they change.
import { pieces, restored, withMore, withQuantity } from '../shared/cart.js'
import { catalogue, fill, inLanguage, languageFor } from '../shared/language.js'
import { memory } from './platform.js'

const watchers = { language: [], cart: [] }
const asked = new URLSearchParams(location.search).get('lang')
let language = asked ? languageFor(asked) : memory.read('language') || languageFor(navigator.language)
let lines = restored(memory.read('cart'))

export function watch(what, watcher) {
  watchers[what].push(watcher)
}

export function currentLanguage() {
  return language
}

export function t() {
  return catalogue(language)
}

/** The text of a bilingual field in the current language. */
export function say(field) {
  return inLanguage(field, language)
}

export { fill }

export function setLanguage(next) {
  language = next
  memory.write('language', next)
  watchers.language.forEach((watcher) => watcher())
}

export const cart = {
  lines: () => lines,
  count: () => pieces(lines),
  add: (id, quantity) => keep(withMore(lines, id, quantity)),
  set: (id, quantity) => keep(withQuantity(lines, id, quantity)),
  remove: (ids) => keep(lines.filter((line) => !ids.includes(line.id))),
}

function keep(next) {
  lines = next
  memory.write('cart', lines)
  watchers.cart.forEach((watcher) => watcher())
}
