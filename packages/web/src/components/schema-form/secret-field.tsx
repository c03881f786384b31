/** A secret: typed once, never shown again; one that is set says so and can be replaced or removed. */
import { Anchor, Button, Group, Input, PasswordInput, Text, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from '../icon.tsx'
import { inputProps, type FieldProps } from './field-props.ts'
import { isLongText } from './field-schema.ts'

type SecretFieldProps = FieldProps & { readonly isSet: boolean; readonly isMade: boolean }

/** Undefined: as it is. null: removed (or made anew). A text: the new one. */
export const SecretField = (props: SecretFieldProps) => {
  const { t } = useTranslation('forms')
  const { isSet, isMade, value, onChange, label, schema, isRequired } = props
  const [isOpen, setOpen] = useState(!isSet)
  if (isOpen) {
    const note = isMade && !isSet ? t('secret.made') : undefined
    const given = {
      ...inputProps(props),
      withAsterisk: isRequired && !isMade,
      required: isRequired && !isMade,
      description: [schema.description, note].filter((text) => text !== undefined).join(' '),
      value: typeof value === 'string' ? value : '',
      onChange: ({ currentTarget }: { readonly currentTarget: { readonly value: string } }) =>
        onChange(currentTarget.value === '' ? undefined : currentTarget.value),
    }
    // An input of one line would lose the line ends of a key in PEM.
    return isLongText(schema) ? (
      <Textarea {...given} autosize minRows={3} maxRows={12} spellCheck={false} ff="monospace" />
    ) : (
      <PasswordInput
        {...given}
        autoComplete="new-password"
        visibilityToggleButtonProps={{ 'aria-label': t('secret.show') }}
      />
    )
  }
  return (
    <Input.Wrapper label={label} description={schema.description} labelElement="div">
      <Group gap="sm" mt={4}>
        <Icon name="lock" />
        <Text size="sm">{value === null ? t('secret.removed') : t('secret.set')}</Text>
        <Button size="compact-sm" variant="default" onClick={() => setOpen(true)}>
          {t('secret.replace')}
        </Button>
        {isRequired && !isMade ? null : (
          <Anchor
            component="button"
            type="button"
            size="sm"
            onClick={() => onChange(value === null ? undefined : null)}
          >
            {value === null ? t('secret.keep') : isMade ? t('secret.anew') : t('secret.remove')}
          </Anchor>
        )}
      </Group>
    </Input.Wrapper>
  )
}
