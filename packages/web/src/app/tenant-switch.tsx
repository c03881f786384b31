/** Which tenant one is in, and the way to another: a page load, because nothing of one tenant may be left in the other. */
import { Button, Menu, ScrollArea, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Icon } from '../components/icon.tsx'
import { api } from './api.ts'
import { useMe } from './session.ts'

type Choice = { readonly slug: string; readonly name: string }

const shownAtOnce = 50

/** Memberships; for platform admins the first tenants of all (the page "Tenants" has the rest). */
const useChoices = (): readonly Choice[] => {
  const me = useMe()
  const all = useQuery({
    queryKey: ['tenants', 'switch'],
    queryFn: async ({ signal }) => await api.tenants.list({ limit: shownAtOnce }, { signal }),
    enabled: me.platformAdmin,
    staleTime: 60_000,
  })
  return me.platformAdmin ? (all.data?.items ?? []) : me.memberships
}

/** The name of the tenant; a menu when there are several. */
export const TenantSwitch = () => {
  const { t } = useTranslation()
  const me = useMe()
  const choices = useChoices()
  const name = me.tenantName ?? me.tenant ?? ''
  if (choices.length < 2 && !me.platformAdmin) return <Text truncate>{name}</Text>
  return (
    <Menu position="bottom-start" width={260}>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          px="xs"
          maw="14rem"
          aria-label={`${t('switchTenant')}: ${name}`}
          rightSection={<Icon name="chevronDown" size={14} />}
        >
          {name}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <ScrollArea.Autosize mah={360}>
          {choices.map(({ slug, name }) => (
            <Menu.Item
              key={slug}
              component="a"
              href={`/t/${slug}/`}
              aria-current={slug === me.tenant}
              rightSection={slug === me.tenant ? <Icon name="check" /> : null}
            >
              {name}
              <Text fz="xs" c="dimmed">
                {slug}
              </Text>
            </Menu.Item>
          ))}
        </ScrollArea.Autosize>
        {me.platformAdmin ? (
          <>
            <Menu.Divider />
            <Menu.Item component={Link} to="/tenants">
              {t('allTenants')}
            </Menu.Item>
          </>
        ) : null}
      </Menu.Dropdown>
    </Menu>
  )
}
