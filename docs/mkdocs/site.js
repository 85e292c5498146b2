// The theme puts the copy button of every block into a landmark of its own, without a name; a page of twenty has twenty of them.
// A table that is wider than the page scrolls, and is reached with Tab, so that the arrow keys scroll it.
const plain = () => {
  for (const wide of document.querySelectorAll(".md-typeset__scrollwrap")) wide.tabIndex = 0;
  for (const nav of document.querySelectorAll("nav.md-code__nav")) nav.setAttribute("role", "none");
};
new MutationObserver(plain).observe(document.documentElement, { childList: true, subtree: true });
plain();
