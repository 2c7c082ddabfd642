// What every page does on top of its HTML: times in the reader's own zone, copying, questions before what cannot be undone, toasts.
const language = document.documentElement.lang
const words = document.body.dataset

const timeFormats = {
  full: { dateStyle: 'medium', timeStyle: 'short' },
  date: { dateStyle: 'medium' },
  precise: { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hour12: false }
}

export const element = (id) => document.getElementById(id)

export function make(name, text, attributes = {}) {
  const made = document.createElement(name)
  made.textContent = text
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  return made
}

/** Writes the times under `root` in the reader's zone; the exact moment stays in the tooltip. */
export function localiseTimes(root) {
  for (const time of root.querySelectorAll('time:not([data-local])')) {
    const moment = new Date(time.dateTime)
    time.textContent = new Intl.DateTimeFormat(language, timeFormats[time.dataset.style || 'full']).format(moment)
    time.title = time.dateTime
    time.dataset.local = ''
  }
}

/** Says for a moment what was done. */
export function toast(text) {
  const shown = make('div', text, { class: 'toast' })
  element('toasts').append(shown)
  shown.addEventListener('animationend', () => shown.remove())
}

/** A request to this server, with the session's token; its failure is an error that says what to do. */
export async function ask(path, options = {}) {
  let answer
  try {
    answer = await fetch(path, { ...options, headers: { 'x-form-token': words.formToken, 'accept-language': language, ...options.headers } })
  } catch {
    throw new Error(words.unreachable)
  }
  if (answer.ok) return answer
  throw new Error(problemText(await answer.text(), answer.status))
}

/** What a problem document says, in its own words. */
function problemText(body, status) {
  try {
    const { detail, remedy } = JSON.parse(body)
    return [detail, remedy].filter(Boolean).join(' ')
  } catch {
    return `HTTP ${status}`
  }
}

export const askJSON = async (path, options) => (await ask(path, options)).json()

export function duration(milliseconds) {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`
  return `${milliseconds.toFixed(milliseconds >= 100 ? 0 : 1)} ms`
}

// Copying

/** Copies, and answers whether that worked: browsers allow it on https and on this machine only. */
async function copy(text) {
  if (!navigator.clipboard) return false
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}

async function copyFrom(button) {
  const shown = button.dataset.shown ? element(button.dataset.shown) : button.parentElement.querySelector('code')
  const copied = await copy(button.dataset.copy)
  if (!copied && shown) getSelection().selectAllChildren(shown)
  const label = button.textContent
  button.textContent = copied ? words.copied : words.copyByHand
  button.disabled = true
  setTimeout(() => {
    button.textContent = label
    button.disabled = false
  }, 1500)
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-copy]')
  if (button) copyFrom(button)
})

// Questions

/** Asks in a dialog; answers whether to go on. */
function confirmed(question) {
  const dialog = element('question')
  element('question-text').textContent = question
  dialog.returnValue = 'no'
  dialog.showModal()
  return new Promise((answer) => dialog.addEventListener('close', () => answer(dialog.returnValue === 'yes'), { once: true }))
}

document.addEventListener('submit', async (event) => {
  const form = event.target
  const { confirm: question, busy } = form.dataset
  if (event.defaultPrevented) return
  if (question && !form.elements.confirmed) {
    event.preventDefault()
    if (!(await confirmed(question))) return
    form.append(make('input', '', { type: 'hidden', name: 'confirmed', value: 'yes' }))
    form.submit()
    return
  }
  if (!busy) return
  const button = form.querySelector('button')
  button.disabled = true
  button.textContent = busy
})

// A page that comes back from the browser's cache must not stay busy.
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload()
})

// The drawer and the environments close as other menus do.
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return
  const drawer = element('drawer')
  if (drawer?.checked) {
    drawer.checked = false
    drawer.focus()
  }
  document.querySelector('.switcher[open]')?.removeAttribute('open')
})

// Parts of pages that htmx exchanges

document.addEventListener('htmx:configRequest', (event) => {
  event.detail.headers['x-form-token'] = words.formToken
})
document.addEventListener('htmx:afterSettle', () => localiseTimes(document))
document.addEventListener('htmx:sendError', () => toast(words.unreachable))

localiseTimes(document)
