// Plays one card; carddata.go says what is in data, and script.go puts the files of this folder one after the other
// into one function. Everything is drawn in a shadow tree, so that the page's styles and ids and ours do not meet.
// Texts are set as text, never as HTML.
"use strict";
const script = document.currentScript;
const root = (script && script.closest(".gradcam-card")) || document.getElementById(id);
if (!root || root.shadowRoot) return;
const still = root.querySelector(".gradcam-still");
const live = data.live;
