// Files that are sent with their progress: uploads and imports.
import { element, problemText, toast } from './console.js'

const words = document.body.dataset

function send(form, address, file) {
  const bar = form.querySelector('progress')
  const state = form.querySelector('.transfer-state')
  const button = form.querySelector('button')
  const request = new XMLHttpRequest()
  const end = (text) => {
    state.textContent = text
    button.disabled = false
  }
  form.querySelector('.transfer').hidden = false
  button.disabled = true
  state.textContent = ''
  request.upload.onprogress = ({ loaded, total }) => {
    bar.value = loaded / total
    state.textContent = `${Math.round((loaded / total) * 100)} %`
  }
  request.onload = () => {
    if (request.status >= 300) return end(`${form.dataset.failed}: ${problemText(request.responseText, request.status)}`)
    bar.value = 1
    const { inserted, updated } = JSON.parse(request.responseText)
    end(inserted === undefined ? form.dataset.done : `${form.dataset.done}: ${inserted} + ${updated}`)
    toast(form.dataset.done)
    refreshList()
  }
  request.onerror = () => end(words.unreachable)
  request.open(form.dataset.method, address)
  request.setRequestHeader('x-form-token', words.formToken)
  request.setRequestHeader('accept-language', document.documentElement.lang)
  request.send(file)
}

/** Shows what is new in the list of this page. */
async function refreshList() {
  const answer = await fetch(location.href)
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
  element('list').replaceChildren(...fresh.getElementById('list').childNodes)
}

const imports = element('import-form')
imports?.addEventListener('submit', (event) => {
  event.preventDefault()
  send(imports, imports.dataset.target, element('import-file').files[0])
})

const uploads = element('upload-form')
uploads?.addEventListener('submit', (event) => {
  event.preventDefault()
  send(uploads, `${uploads.dataset.target}?path=${encodeURIComponent(element('upload-path').value)}`, element('upload-file').files[0])
})
element('upload-file')?.addEventListener('change', ({ target }) => {
  if (!element('upload-path').value && target.files[0]) element('upload-path').value = target.files[0].name
})
