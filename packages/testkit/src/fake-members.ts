/** Members for a fake Novi: active people with names and addresses of their own. */
import type { NoviMember } from './fake-novi.ts'

/** `count` active members, always the same ones. */
export const fakeMembers = (count: number): readonly NoviMember[] =>
  Array.from({ length: count }, (_, n) => ({
    UniqueID: `0c6b0000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    Email: `member${n}@example.org`,
    FirstName: 'Member',
    LastName: `No. ${n}`,
    Active: true,
    MemberStatus: 'current',
    CustomerType: 'Person',
  }))
