// The theme puts the copy button of every block into a landmark of its own, without a name; a page of twenty has twenty of them.
const plain = () => {
  for (const nav of document.querySelectorAll("nav.md-code__nav")) nav.setAttribute("role", "none");
};
new MutationObserver(plain).observe(document.documentElement, { childList: true, subtree: true });
plain();
