// Shows the line while the cloud has one; calls of the pages go on by themselves when it is the customer's turn.
import { waitingView } from '../shared/waiting.js'
import { h, replace } from './dom.js'
import { currentLanguage, t } from './state.js'

/** `room` is the SDK's `waitingRoom`. */
export function showWaitingRoom(room) {
  const dialog = h('dialog', { class: 'waiting-room', 'aria-labelledby': 'waiting-title' })
  document.body.append(dialog)
  // It goes away by itself, or with its button.
  dialog.addEventListener('cancel', (event) => event.preventDefault())
  const parts = {}
  let first = 0

  function open() {
    const texts = t().waiting
    for (const name of ['message', 'ahead', 'time', 'trouble']) parts[name] = h(name === 'message' || name === 'trouble' ? 'p' : 'dd', { class: `waiting-${name}` })
    parts.bar = h('progress', { max: 100, value: 0, 'aria-label': texts.title })
    replace(dialog,
      h('h2', { id: 'waiting-title' }, texts.title), parts.message,
      h('div', { role: 'status', 'aria-live': 'polite' },
        h('dl', {}, h('div', {}, h('dt', {}, texts.aheadLabel), parts.ahead), h('div', {}, h('dt', {}, texts.timeLabel), parts.time))),
      parts.bar, parts.trouble, h('p', { class: 'waiting-hint' }, texts.hint), h('button', { class: 'quiet', onclick: () => room.leave() }, texts.leave))
    dialog.showModal()
  }

  /** Only what is new is written: screen readers read each change. */
  function write(part, text) {
    if (part.textContent !== text) part.textContent = text
    part.hidden = text === ''
  }

  function close() {
    first = 0
    if (dialog.open) dialog.close()
  }

  room.on('wait', (place) => {
    if (!dialog.open) open()
    first = Math.max(first, place.ahead)
    const view = waitingView(place, first, t().waiting, currentLanguage())
    for (const name of ['message', 'ahead', 'time']) write(parts[name], view[name])
    write(parts.trouble, '')
    parts.bar.value = view.percent
  })
  room.on('turn', close)
  room.on('error', () => {
    if (room.state() === null) close()
    else if (dialog.open) write(parts.trouble, t().waiting.trouble)
  })
}
