// Log lines as lists show them, and as they come.
import { localiseTimes, make } from './console.js'

/** Parameters as the management API reads them: a space is %20, a plus is a plus. */
export const written = (parameters) => String(parameters).replaceAll('+', '%20')

/** One line; `requestsOn` and `functions` say where the links beside it lead. */
export function lineItem(line, { requestsOn = null, functions = null } = {}) {
  const item = make('li', '', { class: line.level })
  item.append(make('time', '', { datetime: new Date(line.at).toISOString(), 'data-style': 'precise' }), make('b', line.level))
  if (functions) item.append(make('a', line.function, { href: `${functions}/${encodeURIComponent(line.function)}` }))
  if (requestsOn) {
    const link = make('a', '', { href: `${requestsOn}?requestId=${encodeURIComponent(line.requestId)}#logs` })
    link.append(make('code', line.requestId))
    item.append(link)
  }
  item.append(make('span', line.text))
  return item
}

/** Puts new lines on top of `list` while `control` is on; `query` says which. */
export function followWith(control, list, address, options, query) {
  const label = control.nextElementSibling
  const name = label.textContent
  let source = null
  const stop = () => {
    source?.close()
    label.textContent = name
  }
  const start = () => {
    source = new EventSource(`${address}/logs/follow?${written(query())}`)
    source.onopen = () => {
      label.textContent = name
      control.dataset.open = ''
    }
    source.onerror = () => (label.textContent = control.dataset.lost)
    source.onmessage = ({ data }) => {
      const empty = document.getElementById('no-lines')
      if (empty) empty.hidden = true
      const item = lineItem(JSON.parse(data), options)
      item.classList.add('new')
      list.prepend(item)
      localiseTimes(item)
      while (list.children.length > Number(list.dataset.max)) list.lastElementChild.remove()
    }
  }
  control.addEventListener('change', () => (control.checked ? start() : stop()))
}
