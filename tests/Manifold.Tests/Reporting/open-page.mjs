// Opens a page in a real browser, light and dark, wide and narrow, with everything unfolded, and prints what is wrong with it, a line each.
//   usage: node open-page.mjs FOLDER-OF-PLAYWRIGHT FILE
import { createRequire } from 'node:module';
const [, , playwright, file] = process.argv;
const { chromium } = createRequire(playwright + '/')('playwright-core');
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
for (const width of [1280, 390]) {
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
  const [ink, paper] = [getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]
    .map(color => color.match(/\d+/g).slice(0, 3).reduce((sum, each) => sum + +each, 0));
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  if (dark ? paper > 200 || ink < 500 : paper < 600 || ink > 250) problems.push(`not the colours of a ${dark ? 'dark' : 'light'} page: ink ${ink}, paper ${paper}`);
  if (document.scripts.length !== 1) problems.push(`${document.scripts.length} scripts`);
  if (document.images.length !== 0) problems.push('an image came in');
  return problems;
}
