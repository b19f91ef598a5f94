"use strict";
const root = document.documentElement;
const buttons = [...document.querySelectorAll("[data-lang]")];
function setLanguage(lang) {
  root.lang = lang;
  buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.lang === lang)));
}
buttons.forEach((button) => button.addEventListener("click", () => setLanguage(button.dataset.lang)));
document.getElementById("print").addEventListener("click", () => window.print());
setLanguage(root.lang);
