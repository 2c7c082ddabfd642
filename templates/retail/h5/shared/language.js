// Which language the shop speaks, and filling values into its strings.
import { zh } from './catalogue-zh.js'
import { en } from './catalogue-en.js'

const catalogues = { zh, en }

/** The catalogue of a language ('zh' or 'en'). */
function catalogue(language) {
  return catalogues[language] || zh
}

/** The shop's language for what a phone or browser reports ('zh_CN', 'zh-Hans', 'en-GB', …). */
function languageFor(reported) {
  return String(reported || 'zh').toLowerCase().startsWith('zh') ? 'zh' : 'en'
}

/** `fill('Only {count} left', {count: 3})` → `Only 3 left`. */
function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (mark, name) => (name in values ? String(values[name]) : mark))
}

/** The text of a document's bilingual field (`{zh, en}`). */
function inLanguage(field, language) {
  if (!field) return ''
  return field[language] || field.zh || field.en || ''
}

export { catalogue, languageFor, fill, inLanguage }
