// What every page does on top of its HTML: times in the reader's own zone, copying, questions before what cannot be undone.
const language = document.documentElement.lang

const timeFormats = {
  full: { dateStyle: 'medium', timeStyle: 'short' },
  date: { dateStyle: 'medium' },
  precise: { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hour12: false }
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
  const shown = 'copyNext' in button.dataset ? button.closest('li').querySelector('pre') : button.parentElement.querySelector('code')
  const copied = await copy(button.dataset.copy || shown.textContent)
  if (!copied) getSelection().selectAllChildren(shown)
  const label = button.textContent
  button.textContent = copied ? document.body.dataset.copied : document.body.dataset.copyByHand
  button.disabled = true
  setTimeout(() => {
    button.textContent = label
    button.disabled = false
  }, 1500)
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-copy], [data-copy-next]')
  if (button) copyFrom(button)
})

document.addEventListener('submit', (event) => {
  const { confirm: question, busy } = event.target.dataset
  if (question && !confirm(question)) event.preventDefault()
  if (event.defaultPrevented || !busy) return
  const button = event.target.querySelector('button')
  button.disabled = true
  button.textContent = busy
})

// A page that comes back from the browser's cache must not stay busy.
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload()
})

localiseTimes(document)
