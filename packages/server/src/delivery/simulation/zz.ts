import { simulate } from './simulate.ts'
const seed = 32638
console.log(
  (await simulate({ seed })).violation,
  (await simulate({ seed, handsOver: false })).violation,
  (await simulate({ seed, handsOver: true })).violation,
)
