// Marks the entry of the section that is being read in the list of contents.
const entries = [...document.querySelectorAll('.contents a')];
const targets = entries.map(entry => document.getElementById(entry.hash.slice(1)));
function mark() {
    let current = 0;
    targets.forEach((target, index) => { if (target && target.getBoundingClientRect().top < 120) current = index; });
    entries.forEach((entry, index) => entry.classList.toggle('here', index === current));
}
addEventListener('scroll', mark, { passive: true });
mark();
