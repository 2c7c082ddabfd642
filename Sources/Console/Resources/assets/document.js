// Editing a document: JSON is checked before it is sent, and Ctrl+Enter saves.
import { element } from './console.js'

const form = element('document-form')
const body = element('body')

function check() {
  try {
    JSON.parse(body.value)
    return ''
  } catch (error) {
    return `${form.dataset.badJson} ${error.message}`
  }
}

function show(problem) {
  element('body-problem').textContent = problem
  if (problem) body.setAttribute('aria-invalid', 'true')
  else body.removeAttribute('aria-invalid')
}

form.addEventListener('submit', (event) => {
  const problem = check()
  show(problem)
  if (!problem) return
  event.preventDefault()
  body.focus()
})

body.addEventListener('keydown', (key) => {
  if (key.key === 'Enter' && (key.ctrlKey || key.metaKey)) form.requestSubmit()
})
