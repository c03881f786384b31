/** The tenants that one can go to, and the search among them: by the server for platform admins, who may have thousands. */
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from './api.ts'
import { useMe } from './session.ts'

type Choice = { readonly slug: string; readonly name: string }

type Choices = {
  /** Those that fit what was typed; the newest first for platform admins. */
  readonly choices: readonly Choice[]
  readonly typed: string
  readonly find: (typed: string) => void
}

const shownAtOnce = 50
const pauseMs = 200

const fits = ({ slug, name }: Choice, typed: string): boolean =>
  [slug, name].some((text) => text.toLowerCase().includes(typed.toLowerCase()))

/** Choices and what was typed. */
export const useTenantChoices = (): Choices => {
  const { platformAdmin, memberships } = useMe()
  const [typed, find] = useState('')
  const [q] = useDebouncedValue(typed.trim(), pauseMs)
  const all = useQuery({
    queryKey: ['tenants', 'switch', q],
    queryFn: async ({ signal }) =>
      await api.tenants.list({ limit: shownAtOnce, ...(q === '' ? {} : { q }) }, { signal }),
    enabled: platformAdmin,
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  })
  const choices = platformAdmin
    ? (all.data?.items ?? [])
    : memberships.filter((one) => fits(one, typed.trim()))
  return { choices, typed, find }
}
