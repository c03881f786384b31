/** Which tenant one is in, and the way to another: a page load, because nothing of one tenant may be left in the other. */
import { Button, NavLink, Popover, ScrollArea, Text, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Icon } from '../components/icon.tsx'
import { LinkButton } from '../components/link-button.tsx'
import classes from './frame.module.css'
import { useMe } from './session.ts'
import { useTenantChoices } from './use-tenant-choices.ts'

/** The name of the tenant; a menu when there are several. */
export const TenantSwitch = () => {
  const { t } = useTranslation()
  const me = useMe()
  const name = me.tenantName ?? me.tenant ?? ''
  if (!me.platformAdmin && me.memberships.length < 2)
    return (
      <Text truncate title={name}>
        {name}
      </Text>
    )
  return (
    <Popover position="bottom-start" width={300} trapFocus returnFocus>
      <Popover.Target>
        <Button
          variant="subtle"
          color="gray"
          px="xs"
          className={classes['tenant']}
          classNames={{ label: classes['tenantName'] ?? '' }}
          title={name}
          aria-label={`${t('switchTenant')}: ${name}`}
          rightSection={<Icon name="chevronDown" size={14} />}
        >
          {name}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={4}>
        <Choices />
      </Popover.Dropdown>
    </Popover>
  )
}

/** The search, what it found, and the way to the page with all of them. */
const Choices = () => {
  const { t } = useTranslation()
  const me = useMe()
  const { choices, typed, find } = useTenantChoices()
  return (
    <>
      <TextInput
        m={4}
        data-autofocus
        aria-label={t('findTenant')}
        placeholder={t('findTenant')}
        leftSection={<Icon name="search" size={14} />}
        value={typed}
        onChange={(event) => find(event.currentTarget.value)}
      />
      <ScrollArea.Autosize mah={360}>
        {choices.map(({ slug, name }) => (
          <NavLink
            key={slug}
            href={`/t/${slug}/`}
            label={name}
            description={slug}
            aria-current={slug === me.tenant}
            rightSection={slug === me.tenant ? <Icon name="check" /> : null}
          />
        ))}
      </ScrollArea.Autosize>
      <Text px="sm" py={4} fz="sm" c="dimmed" role="status">
        {choices.length === 0 ? t('noTenantFound') : ''}
      </Text>
      {me.platformAdmin ? (
        <LinkButton to="/tenants" variant="subtle" fullWidth>
          {t('allTenants')}
        </LinkButton>
      ) : null}
    </>
  )
}
