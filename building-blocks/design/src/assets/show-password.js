// @ts-nocheck runs in browsers, whose types Node's do not have
// Shows the buttons with `data-reveals`, each of which shows and hides the password of the field that it names.
for (const button of document.querySelectorAll('button[data-reveals]')) {
  const input = document.getElementById(button.dataset.reveals);
  const show = (visible) => {
    input.type = visible ? 'text' : 'password';
    button.setAttribute('aria-pressed', visible);
  };
  button.hidden = false;
  button.addEventListener('click', () => show(input.type === 'password'));
  input.form.addEventListener('submit', () => show(false)); // so that the browser does not remember it as a text
}
