// Opens a page in a real browser, light and dark, wide and narrow, with everything unfolded, and prints what is wrong with it, a line each.
//   usage: node open-page.mjs FOLDER-OF-PLAYWRIGHT FILE
import { createRequire } from 'node:module';
const [, , playwright, file] = process.argv;
const { chromium } = createRequire(playwright + '/')('playwright-core');
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
for (const width of [1400, 400]) {
  for (const colorScheme of ['light', 'dark']) {
    const wrong = what => console.log(`${width} ${colorScheme}: ${what}`);
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    page.on('console', message => wrong(`console ${message.type()}: ${message.text()}`));
    page.on('pageerror', error => wrong(`error: ${error.message}`));
    page.on('dialog', dialog => { wrong(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    page.on('request', request => { if (request.url() !== 'file://' + file) wrong(`request: ${request.url()}`); });
    await page.goto('file://' + file);
    for (const problem of await page.evaluate(look)) wrong(problem);
    await page.close();
  }
}
await browser.close();

function look() {
  const problems = [];
  document.querySelectorAll('details').forEach(each => { each.open = true; });
  const count = document.querySelectorAll('svg.chart').length;
  if (count === 0) problems.push('there is no chart');
  document.querySelectorAll('svg.chart').forEach(chart => {
    const box = chart.getBoundingClientRect();
    if (box.width < 40 || box.height < 8) problems.push(`chart '${chart.getAttribute('aria-label')}' is ${box.width} x ${box.height}`);
    const marks = [...chart.querySelectorAll('rect')].filter(mark => mark.getBoundingClientRect().width > 0);
    if (marks.length === 0) problems.push(`chart '${chart.getAttribute('aria-label')}' shows nothing`);
  });
  document.querySelectorAll('table').forEach(table => { if (table.getBoundingClientRect().height < 20) problems.push('a table without height'); });
  const tooWide = document.documentElement.scrollWidth - innerWidth;
  if (tooWide > 1) problems.push(`the page is ${tooWide} px wider than the screen`);
  const place = each => `${each.tagName.toLowerCase()}.${each.className}`;
  document.querySelectorAll('body *').forEach(each => {
    if (!each.closest('.scroll *, svg *, pre') && each.getBoundingClientRect().right > innerWidth + 1) problems.push(`${place(each)} sticks out at the right`);
  });
  document.querySelectorAll('table').forEach(table => {
    const box = table.closest('.scroll');
    if (!box || getComputedStyle(box).overflowX !== 'auto') problems.push('a table that does not scroll inside itself');
  });
  document.querySelectorAll('section').forEach(each => {
    if (each.textContent.trim() === (each.querySelector('h2')?.textContent ?? '').trim() && !each.querySelector('svg')) problems.push(`the section '${each.textContent.trim()}' is empty`);
  });
  const light = color => {
    const [r, g, b] = color.match(/[\d.]+/g).map(Number).map(each => (each /= 255) <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = each => { for (; each; each = each.parentElement) { const color = getComputedStyle(each).backgroundColor; if (color.startsWith('rgb(')) return color; } return 'rgb(255,255,255)'; };
  const contrasts = new Set();
  document.querySelectorAll('main *, footer').forEach(each => {
    if (each.closest('svg') || ![...each.childNodes].some(node => node.nodeType === 3 && node.data.trim())) return;
    const [a, b] = [light(getComputedStyle(each).color), light(behind(each))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) contrasts.add(`${place(each)} has a contrast of ${((a + 0.05) / (b + 0.05)).toFixed(1)}`);
  });
  problems.push(...contrasts);
  const title = document.querySelector('h1')?.textContent.trim() ?? '';
  if (title.length < 2) problems.push(`the title is '${title}'`);
  const [ink, paper] = [getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]
    .map(color => color.match(/\d+/g).slice(0, 3).reduce((sum, each) => sum + +each, 0));
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  if (dark ? paper > 200 || ink < 500 : paper < 600 || ink > 250) problems.push(`not the colours of a ${dark ? 'dark' : 'light'} page: ink ${ink}, paper ${paper}`);
  if (document.scripts.length !== 1) problems.push(`${document.scripts.length} scripts`);
  if (document.images.length !== 0) problems.push('an image came in');
  return problems;
}
