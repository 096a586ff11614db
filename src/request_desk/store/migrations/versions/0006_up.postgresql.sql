ALTER TABLE template_version ADD COLUMN prompts TEXT
