// Copies, folds, and opens everything for print. Without it the page says the same.
document.addEventListener('click', event => {
  const copy = event.target.closest('[data-copy]');
  if (copy) {
    event.preventDefault(); // a button in a summary must not fold it
    const text = copy.dataset.copy;
    const done = () => { copy.classList.add('done'); setTimeout(() => copy.classList.remove('done'), 1200); };
    const byHand = () => {
      const area = document.createElement('textarea');
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand('copy');
      area.remove();
      done();
    };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, byHand); else byHand();
  }
  const fold = event.target.closest('[data-fold]');
  if (fold) document.querySelectorAll('details.image').forEach(each => { each.open = fold.dataset.fold === 'open'; });
});
const openTarget = () => {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) { target.open = true; target.scrollIntoView(); }
};
addEventListener('hashchange', openTarget);
openTarget();
let closed = [];
addEventListener('beforeprint', () => {
  closed = [...document.querySelectorAll('details:not([open])')];
  closed.forEach(each => { each.open = true; });
});
addEventListener('afterprint', () => closed.forEach(each => { each.open = false; }));
