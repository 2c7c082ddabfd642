// Forms with a file, sent with their progress; the page after them takes this one's place.
import { element, localiseTimes } from './console.js'

const words = document.body.dataset

function become(page, address) {
  history.replaceState(null, '', address)
  document.title = page.title
  element('main').replaceChildren(...page.getElementById('main').childNodes)
  localiseTimes(element('main'))
  window.htmx?.process(element('main'))
}

/** A failure is said beside the form, which keeps what was chosen. */
function show(form, state, answer, address) {
  const page = new DOMParser().parseFromString(answer, 'text/html')
  const failure = page.querySelector('main > .notice.bad, .failure')
  if (!failure && page.getElementById('list')) return become(page, address)
  const why = failure ? [...failure.querySelectorAll('p, h1')].map((line) => line.textContent).join(' ') : words.unreachable
  state.textContent = `${form.dataset.failed}: ${why}`
}

function send(form) {
  const bar = form.querySelector('progress')
  const state = form.querySelector('.transfer-state')
  const button = form.querySelector('button')
  const request = new XMLHttpRequest()
  form.querySelector('.transfer').hidden = false
  button.disabled = true
  bar.value = 0
  state.textContent = ''
  request.upload.onprogress = ({ loaded, total }) => {
    bar.value = loaded / total
    state.textContent = `${Math.round((loaded / total) * 100)} %`
  }
  // All has been sent; how long the server works with it nobody knows.
  request.upload.onload = () => bar.removeAttribute('value')
  request.onload = () => show(form, state, request.responseText, request.responseURL)
  request.onerror = () => (state.textContent = words.unreachable)
  request.onloadend = () => {
    button.disabled = false
    bar.value = 0
  }
  request.open('POST', form.action)
  request.send(new FormData(form))
}

document.addEventListener('submit', (event) => {
  if (!event.target.matches('.transfers')) return
  event.preventDefault()
  send(event.target)
})

document.addEventListener('change', ({ target }) => {
  if (target.id !== 'upload-file') return
  const path = element('upload-path')
  const [file] = target.files
  if (file && (!path.value || path.value.endsWith('/'))) path.value += file.name
})
